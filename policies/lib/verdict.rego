# METADATA
# title: Verdict
# description: |
#   The findings of all rule packages under `rules`, each with the id of its rule. Collecting them here is ten times
#   faster than running conftest with all namespaces.
package lib.verdict

import data.lib.finding
import data.lib.rule_ids
import data.lib.tables

# Denials.
denied contains object.union(found, {"rule": rule_ids.of(folder, rule)}) if {
	some folder, rule

	# regal ignore:mixed-iteration
	some found in data.rules[folder][rule].deny
}

# Without --combine, the rules would treat a single document as the list of all documents and find nothing.
denied contains _unusable("main.input", "the input is not a list of documents", "run conftest with --combine") if {
	not is_array(input)
}

denied contains _unusable("main.tables", sprintf("the table %s is missing", [table]), "pass -d policies/data") if {
	some table in tables.missed
}

# Warnings.
warned contains object.union(found, {"rule": rule_ids.of(folder, rule)}) if {
	some folder, rule

	# regal ignore:mixed-iteration
	some found in data.rules[folder][rule].warn
}

_unusable(rule, fault, fix) := object.union(
	finding.about_target({"msg": fault, "fix": fix}),
	{"rule": rule},
)
