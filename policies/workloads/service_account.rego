# METADATA
# title: Every workload has an account of its own
# description: |
#   Rights are given to accounts. What runs as default gets the rights that anybody gives to it, and what shares an
#   account with another application gets the other's. Warned of, and denied where the table `strict` lists
#   conventions.
# custom:
#   id: workloads.service_account
#   profile: general
#   subjects: pods
#   severity: medium
#   fix: "render a ServiceAccount for this workload and name it in serviceAccountName"
#   docs: https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/
package rules.workloads.service_account

import data.lib.finding
import data.lib.pods
import data.lib.strictness
import data.lib.values

deny contains found if some found in strictness.denied("conventions", _left)

warn contains found if some found in strictness.warned("conventions", _left)

_left contains found if {
	some pod in pods.templates
	_account(pod) == "default"
	found := finding.about_pod(pod, {
		"msg": "the pod runs as the account default",
		"fix": "render a ServiceAccount for this workload and name it in serviceAccountName",
		"path": "/serviceAccountName",
	})
}

_left contains found if {
	some pod in pods.templates
	_account(pod) != "default"
	others := sort({name |
		some label in _labels
		some [application, name] in _some_users[pod.resource.namespace][_account(pod)][label]
		application != pod.labels[label]
	})
	count(others) > 0
	found := finding.about_pod(pod, {
		"msg": sprintf("the pod shares the account %s with %s", [_account(pod), _listed(others)]),
		"fix": "render a ServiceAccount for this workload and name it in serviceAccountName",
		"path": "/serviceAccountName",
	})
}

_account(pod) := name if {
	name := values.text(values.at(pod.spec, ["serviceAccountName"]))
	name != ""
} else := "default"

# Who uses an account, by what application they say they are: comparing every pod with every other would take minutes
# where there are thousands.
_users[namespace][account][label][application] contains pod.resource.name if {
	some pod in pods.templates
	namespace := pod.resource.namespace
	account := _account(pod)
	some label in _labels
	application := pod.labels[label]
}

# The first of them, which are enough to tell that there are others: naming all to each takes the square of them.
_some_users[namespace][account][label] := [[application, name] |
	some application in array.slice(sort(object.keys(applications)), 0, _most)
	some name in array.slice(sort(applications[application]), 0, _most)
] if {
	some namespace, accounts in _users
	some account, labels in accounts
	some label, applications in labels
}

_listed(names) := concat(", ", names) if count(names) < _most

_listed(names) := concat(", ", array.concat(array.slice(names, 0, _most - 1), ["others"])) if count(names) >= _most

_most := 6

_labels := ["app.kubernetes.io/name", "app"]
