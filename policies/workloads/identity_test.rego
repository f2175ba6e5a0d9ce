package rules.workloads.identity_test

import data.lib.examples_test as examples
import data.rules.workloads.identity

_strict := {"shop": ["conventions"]}

_pod(context) := examples.deployment({"securityContext": context})

_whole := {"runAsGroup": 1001, "runAsUser": 1001}

_claim := {"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]}

test_accepts_stated_numbers if {
	count(identity.deny) == 0 with input as _pod(_whole) with data.strict as _strict
}

test_accepts_containers_that_state_them if {
	spec := {"containers": [object.union(examples.container, {"securityContext": _whole})]}
	count(identity.deny) == 0 with input as examples.deployment(spec) with data.strict as _strict
}

test_accepts_windows if {
	spec := {"os": {"name": "windows"}}
	count(identity.deny) == 0 with input as examples.deployment(spec) with data.strict as _strict
}

test_denies_an_unstated_group if {
	examples.messages(identity.deny) == {
		"Deployment/cart: the pod does not state runAsGroup",
	} with input as _pod({"runAsUser": 1001}) with data.strict as _strict
}

test_denies_claims_without_a_group_for_files if {
	spec := object.union(_claim, {"securityContext": _whole})
	examples.messages(identity.deny) == {
		"Deployment/cart: the pod does not state fsGroup",
	} with input as examples.deployment(spec) with data.strict as _strict
}

test_denies_claim_templates_without_a_group_for_files if {
	set := examples.resource("apps/v1", "StatefulSet", "cart", {"spec": {
		"template": {"spec": {"securityContext": _whole, "containers": [examples.container]}},
		"volumeClaimTemplates": [{"metadata": {"name": "data"}}],
	}})
	count(identity.deny) == 1 with input as examples.combined([set]) with data.strict as _strict
}

test_warns_elsewhere if {
	count(identity.warn) == 1 with input as _pod({"runAsUser": 1001})
	count(identity.deny) == 0 with input as _pod({"runAsUser": 1001})
}

test_accepts_volumes_that_are_no_claims if {
	spec := {"volumes": [{"name": "tmp", "emptyDir": {}}], "securityContext": _whole}
	count(identity.deny) == 0 with input as examples.deployment(spec) with data.strict as _strict
}

test_denies_a_claim_of_one_pod_without_a_group_for_files if {
	volumes := [{"name": "tmp", "ephemeral": {"volumeClaimTemplate": {}}}]
	examples.messages(identity.deny) == {
		"Deployment/cart: the pod does not state fsGroup",
	} with input as examples.deployment({"volumes": volumes, "securityContext": _whole}) with data.strict as _strict
}

_silent(rest) := examples.combined([examples.workload("Deployment", object.union(
	{"containers": [{"name": "server", "securityContext": _whole}]},
	rest,
))])

test_asks_init_containers_too if {
	count(identity.deny) == 0 with input as _silent({}) with data.strict as _strict
	examples.messages(identity.deny) == {
		"Deployment/cart: the pod does not state runAsGroup, runAsUser",
	} with input as _silent({"initContainers": [{"name": "init"}]}) with data.strict as _strict
}

test_does_not_warn_where_strict if {
	count(identity.warn) == 0 with input as _pod({"runAsUser": 1001}) with data.strict as _strict
}
