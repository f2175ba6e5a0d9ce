# METADATA
# title: Verdict
# description: |
#   What every rule package under `rules` found, each finding with the id of its rule. One package a rule costs nothing
#   this way, while asking conftest for all namespaces costs ten times as much.
package lib.verdict

import data.lib.finding
import data.lib.rule_ids
import data.lib.tables

# What must not be merged.
denied contains object.union(found, {"rule": rule_ids.of(folder, rule)}) if {
	some folder, rule

	# regal ignore:mixed-iteration
	some found in data.rules[folder][rule].deny
}

# Without --combine the rules would see one document as if it were the list of all, and find nothing wrong in it.
denied contains _unusable("main.input", "the input is not a list of documents", "run conftest with --combine") if {
	not is_array(input)
}

denied contains _unusable("main.tables", sprintf("the table %s is missing", [table]), "pass -d policies/data") if {
	some table in tables.missed
}

# What should be looked at.
warned contains object.union(found, {"rule": rule_ids.of(folder, rule)}) if {
	some folder, rule

	# regal ignore:mixed-iteration
	some found in data.rules[folder][rule].warn
}

_unusable(rule, fault, fix) := object.union(
	finding.about_target({"msg": fault, "fix": fix}),
	{"rule": rule},
)
