# METADATA
# title: The Services of a Rollout exist
# description: |
#   An Argo Rollout moves traffic between the Services in its strategy. A missing Service stops the rollout halfway. If
#   no Service is rendered in the namespace, it may exist elsewhere. Then the rule only warns.
# custom:
#   id: references.rollout_service
#   profile: general
#   subjects: argoproj.io/Rollout
#   severity: high
#   fix: "add the Service, or correct its name in the strategy"
#   docs: https://argo-rollouts.readthedocs.io/en/stable/features/specification/
package rules.references.rollout_service

import data.lib.documents
import data.lib.finding
import data.lib.references
import data.lib.values

_fields := [
	["blueGreen", "activeService"],
	["blueGreen", "previewService"],
	["canary", "canaryService"],
	["canary", "stableService"],
]

deny contains found if some found in _missing.deny

warn contains found if some found in _missing.warn

_missing[level] contains found if {
	some rollout in documents.of("argoproj.io", "Rollout")
	some field in _fields
	name := values.text(values.at(rollout.content, array.concat(["spec", "strategy"], field)))
	name != ""
	level := references.level("/Service", rollout.namespace, name)
	place := references.namespace("to", rollout.namespace)
	found := finding.about(rollout, {
		"msg": sprintf("uses Service %s (%s), which is not rendered", [name, field[1]]),
		"fix": sprintf("add Service %s%s, or correct the name", [name, place]),
		"path": concat("/", array.concat(["/spec/strategy"], field)),
	})
}
