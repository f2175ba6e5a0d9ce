# METADATA
# title: All rules
# description: |
#   The one entry point: gathers what every rule package under `rules` found. One package a rule costs nothing
#   this way, while asking conftest for all namespaces costs ten times as much.
package main

# METADATA
# description: What must not be merged.
# entrypoint: true
deny contains object.union(finding, {"rule": concat(".", [topic, rule])}) if {
	some topic, rule

	# regal ignore:mixed-iteration
	some finding in data.rules[topic][rule].deny
}

# Without --combine the rules would see one document instead of all, and find nothing wrong in it.
deny contains {
	"msg": "the input is not a list of documents",
	"fix": "run conftest with --combine",
	"resource": {"apiVersion": "", "kind": "", "namespace": "", "name": ""},
	"container": "",
	"path": "",
	"rule": "main.input",
} if {
	not is_array(input)
}

# METADATA
# description: What should be looked at.
# entrypoint: true
warn contains object.union(finding, {"rule": concat(".", [topic, rule])}) if {
	some topic, rule

	# regal ignore:mixed-iteration
	some finding in data.rules[topic][rule].warn
}
