# METADATA
# title: Flux applies all of Git, as somebody, and waits
# description: |
#   Without prune, what left Git stays; without wait and timeout nobody hears that it failed; force replaces objects
#   and their data; and without an account of its own a Kustomization is applied with the controller's rights, which
#   are the cluster's.
# custom:
#   id: delivery.flux_kustomization
#   profile: general
#   subjects: kustomize.toolkit.fluxcd.io/Kustomization
#   severity: high
#   fix: "set prune, wait, timeout, interval and serviceAccountName, and leave force out"
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
		"fix": "set prune, wait, timeout, interval and serviceAccountName, and leave force out",
		"path": sprintf("/spec/%s", [field]),
	})
}

_messages := {
	"force": "replaces what cannot be changed, data included",
	"interval": "does not say how often it looks",
	"prune": "keeps what left Git",
	"serviceAccountName": "is applied with the rights of the controller",
	"timeout": "does not say how long it waits",
	"wait": "does not wait until what it applied is ready",
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
