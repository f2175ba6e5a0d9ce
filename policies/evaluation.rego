# METADATA
# title: Evaluation
# description: |
#   Reports the number of documents, the rules that took part and the subjects of these rules. With this, the caller can
#   distinguish "no findings" from "nothing was checked".
package evaluation

import data.lib.documents
import data.lib.pods
import data.lib.rule_ids
import data.lib.verdict

# METADATA
# description: Always exactly one entry, which is not a finding.
# entrypoint: true
warn contains object.union(_findings, {
	"msg": "evaluation",
	"documents": count(input),
	"rules": sort(_rules),
	"subjects": _subjects,
})

# Whether this file can report the findings too. main checks this before it stays silent.
tells_findings := true

default _findings := {}

_findings := {"denied": verdict.denied, "warned": verdict.warned} if data.target.once

# The values of `custom.subjects` except kinds, which every caller can count. Comprehensions are empty and not undefined
# if a user's own rules come without lib.
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

# Like rule_ids.of, which does not compile if a user's own rules come without lib.
_id(folder, rule) := concat(".", [rule_ids.prefixes[folder], rule])

_id(folder, rule) := concat(".", [folder, rule]) if not rule_ids.prefixes[folder]
