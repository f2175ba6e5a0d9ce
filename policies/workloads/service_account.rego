# METADATA
# title: Each workload has its own ServiceAccount
# description: |
#   Permissions belong to ServiceAccounts. A workload that uses the account default, or shares an account with another
#   application, gets permissions that were meant for others. The rule warns. It denies in namespaces for which the
#   table `strict` lists `conventions`.
# custom:
#   id: workloads.service_account
#   profile: general
#   subjects: pods
#   severity: medium
#   fix: "add a ServiceAccount for this workload and set it in serviceAccountName"
#   docs: https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/
package rules.workloads.service_account

import data.lib.finding
import data.lib.pods
import data.lib.strictness

deny contains found if some found in strictness.denied("conventions", _left)

warn contains found if some found in strictness.warned("conventions", _left)

_left contains found if {
	some pod in pods.templates
	_account(pod) == "default"
	found := finding.about_pod(pod, {
		"msg": "the pod uses the ServiceAccount default",
		"fix": "add a ServiceAccount for this workload and set it in serviceAccountName",
		"path": pods.account(pod).path,
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
		"msg": sprintf("the pod shares the ServiceAccount %s with %s", [_account(pod), _listed(others)]),
		"fix": "add a ServiceAccount for this workload and set it in serviceAccountName",
		"path": pods.account(pod).path,
	})
}

_account(pod) := name if {
	name := pods.account(pod).name
	name != ""
} else := "default"

# The pods of each account, by application label. Comparing every pair of pods would take minutes for thousands of pods.
_users[namespace][account][label][application] contains pod.resource.name if {
	some pod in pods.templates
	namespace := pod.resource.namespace
	account := _account(pod)
	some label in _labels
	application := pod.labels[label]
}

# A few names are enough to report. The full list for each pod would grow with the square of the number of pods.
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
