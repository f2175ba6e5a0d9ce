# METADATA
# title: Evaluation
# description: |
#   Says how many documents and which rules took part, and what there was for them to judge, so that the caller can
#   tell "nothing wrong" from "nothing looked at".
package evaluation

import data.lib.documents
import data.lib.pods
import data.lib.rule_ids
import data.lib.verdict

# METADATA
# description: Always exactly one, never a fault.
# entrypoint: true
warn contains object.union(_findings, {
	"msg": "evaluation",
	"documents": count(input),
	"rules": sort(_rules),
	"subjects": _subjects,
})

# Whether this file can tell what was found, too; main asks before it keeps silent.
tells_findings := true

default _findings := {}

_findings := {"denied": verdict.denied, "warned": verdict.warned} if data.target.once

# What `custom.subjects` of a rule may name, but for the kinds, which every caller can count itself. All of it by
# comprehension, which is empty and not undefined where a user's own rules come without lib.
_subjects := {
	"containers": {_who(container.pod.resource) | some container in pods.containers},
	"namespaces": {name | some name in pods.namespaces},
	"own": _own,
	"pods": {_who(pod.resource) | some pod in pods.templates},
	"resources": {_who(resource) | some resource in documents.resources},
}

_own[_id(folder, rule)] contains _who(resource) if {
	some folder, rule

	# regal ignore:mixed-iteration
	some resource in data.rules[folder][rule].subjects
}

_who(resource) := [resource.apiVersion, resource.kind, resource.namespace, resource.name]

_rules contains _id(folder, rule) if {
	some folder, rule
	data.rules[folder][rule].deny
}

_rules contains _id(folder, rule) if {
	some folder, rule
	data.rules[folder][rule].warn
}

# The same as rule_ids.of, which would not compile where a user's own rules come without lib.
_id(folder, rule) := concat(".", [rule_ids.prefixes[folder], rule])

_id(folder, rule) := concat(".", [folder, rule]) if not rule_ids.prefixes[folder]
