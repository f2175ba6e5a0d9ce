# METADATA
# title: Applications sync, prune and heal automatically
# description: |
#   Objects that were removed from Git must be deleted (prune), and manual changes must be reverted (selfHeal).
#   Otherwise the cluster differs from the reviewed state. `enabled` must be set, because its default has changed. An
#   empty render must not delete everything.
# custom:
#   id: delivery.sync_policy
#   profile: strict
#   subjects: [argoproj.io/Application, argoproj.io/ApplicationSet]
#   severity: medium
#   fix: "syncPolicy: {automated: {enabled: true, prune: true, selfHeal: true, allowEmpty: false}}"
#   docs: https://argo-cd.readthedocs.io/en/stable/user-guide/auto_sync/
package rules.delivery.sync_policy

import data.lib.delivery
import data.lib.values

_fix := "syncPolicy: {automated: {enabled: true, prune: true, selfHeal: true, allowEmpty: false}}"

deny contains found if {
	some application in delivery.applications
	automated := values.map(values.at(application.spec, ["syncPolicy", "automated"]))
	not is_boolean(values.at(automated, ["enabled"]))
	found := delivery.about(application, {
		"msg": "does not set automated.enabled",
		"fix": _fix,
		"path": "/syncPolicy/automated",
	})
}

deny contains found if {
	some application in delivery.applications
	automated := values.map(values.at(application.spec, ["syncPolicy", "automated"]))
	automated.enabled != false
	some field in ["prune", "selfHeal"]
	values.at(automated, [field]) != true
	found := delivery.about(application, {
		"msg": sprintf("syncs automatically without %s", [field]),
		"fix": _fix,
		"path": "/syncPolicy/automated",
	})
}

deny contains found if {
	some application in delivery.applications
	application.spec.syncPolicy.automated.allowEmpty == true
	found := delivery.about(application, {
		"msg": "deletes everything if nothing is rendered (allowEmpty)",
		"fix": _fix,
		"path": "/syncPolicy/automated/allowEmpty",
	})
}
