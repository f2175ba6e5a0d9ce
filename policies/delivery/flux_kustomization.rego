# METADATA
# title: Flux prunes, waits and uses its own ServiceAccount
# description: |
#   Without prune, objects that were removed from Git stay in the cluster. Without wait and timeout, failures stay
#   unnoticed. force deletes and recreates objects, with their data. Without serviceAccountName, Flux uses the
#   permissions of its controller, which is a cluster administrator.
# custom:
#   id: delivery.flux_kustomization
#   profile: general
#   general: warn
#   subjects: kustomize.toolkit.fluxcd.io/Kustomization
#   severity: high
#   fix: "set prune, wait, timeout, interval and serviceAccountName, and remove force"
#   docs: https://fluxcd.io/flux/components/kustomize/kustomizations/
package rules.delivery.flux_kustomization

import data.lib.delivery
import data.lib.finding
import data.lib.values

deny contains found if {
	some kustomization in delivery.kustomizations
	some field, message in _messages
	_is_wrong(field, values.map(values.at(kustomization.content, ["spec"])))
	found := finding.about(kustomization, {
		"msg": sprintf("%s (%s)", [message, field]),
		"fix": "set prune, wait, timeout, interval and serviceAccountName, and remove force",
		"path": sprintf("/spec/%s", [field]),
	})
}

_messages := {
	"force": "replaces objects with immutable changes and deletes their data",
	"interval": "does not set how often it runs",
	"prune": "keeps objects that were removed from Git",
	"serviceAccountName": "uses the permissions of the controller",
	"timeout": "does not set how long it waits",
	"wait": "does not wait until the applied objects are ready",
}

_is_wrong("force", spec) if spec.force == true

_is_wrong("prune", spec) if values.at(spec, ["prune"]) != true

_is_wrong("wait", spec) if {
	values.at(spec, ["wait"]) != true
	count(values.list(values.at(spec, ["healthChecks"]))) == 0
}

_is_wrong(field, spec) if {
	field in {"interval", "serviceAccountName", "timeout"}
	values.text(values.at(spec, [field])) == ""
}
