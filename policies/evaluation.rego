# METADATA
# title: Evaluation
# description: |
#   Says how many documents and which rules took part, and what there was for them to judge, so that the caller can
#   tell "nothing wrong" from "nothing looked at".
package evaluation

import data.lib.documents
import data.lib.pods
import data.lib.verdict

# METADATA
# description: Always exactly one, never a fault.
# entrypoint: true
warn contains object.union(_findings, {
	"msg": "evaluation",
	"documents": count(input),
	"rules": sort([concat(".", id) | some id in _rules]),
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

_own[concat(".", [topic, rule])] contains _who(resource) if {
	some topic, rule

	# regal ignore:mixed-iteration
	some resource in data.rules[topic][rule].subjects
}

_who(resource) := [resource.apiVersion, resource.kind, resource.namespace, resource.name]

_rules contains [topic, rule] if {
	some topic, rule
	data.rules[topic][rule].deny
}

_rules contains [topic, rule] if {
	some topic, rule
	data.rules[topic][rule].warn
}
