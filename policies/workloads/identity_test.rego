package rules.workloads.identity_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.workloads.identity

_strict := {"shop": ["conventions"]}

_pod(context) := examples.deployment({"securityContext": context})

_whole := {"runAsGroup": 1001, "runAsUser": 1001}

_claim := {"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]}

test_accepts_stated_numbers if {
	assert.none(identity.deny) with input as _pod(_whole) with data.strict as _strict
}

test_accepts_containers_that_state_them if {
	spec := {"containers": [object.union(examples.container, {"securityContext": _whole})]}
	assert.none(identity.deny) with input as examples.deployment(spec) with data.strict as _strict
}

test_accepts_windows if {
	spec := {"os": {"name": "windows"}}
	assert.none(identity.deny) with input as examples.deployment(spec) with data.strict as _strict
}

test_denies_an_unstated_group if {
	assert.messages(identity.deny, {
		"Deployment/cart: the pod does not set runAsGroup",
	}) with input as _pod({"runAsUser": 1001}) with data.strict as _strict
}

test_denies_claims_without_a_group_for_files if {
	spec := object.union(_claim, {"securityContext": _whole})
	assert.messages(identity.deny, {
		"Deployment/cart: the pod does not set fsGroup",
	}) with input as examples.deployment(spec) with data.strict as _strict
}

test_denies_claim_templates_without_a_group_for_files if {
	set := examples.resource("apps/v1", "StatefulSet", "cart", {"spec": {
		"template": {"spec": {"securityContext": _whole, "containers": [examples.container]}},
		"volumeClaimTemplates": [{"metadata": {"name": "data"}}],
	}})
	assert.size(identity.deny, 1) with input as examples.combined([set]) with data.strict as _strict
}

test_warns_elsewhere if {
	assert.size(identity.warn, 1) with input as _pod({"runAsUser": 1001})
	assert.none(identity.deny) with input as _pod({"runAsUser": 1001})
}

test_accepts_volumes_other_than_claims if {
	spec := {"volumes": [{"name": "tmp", "emptyDir": {}}], "securityContext": _whole}
	assert.none(identity.deny) with input as examples.deployment(spec) with data.strict as _strict
}

test_denies_a_claim_of_one_pod_without_a_group_for_files if {
	volumes := [{"name": "tmp", "ephemeral": {"volumeClaimTemplate": {}}}]
	assert.messages(identity.deny, {
		"Deployment/cart: the pod does not set fsGroup",
	}) with input as examples.deployment({"volumes": volumes, "securityContext": _whole}) with data.strict as _strict
}

_silent(rest) := examples.combined([examples.workload("Deployment", object.union(
	{"containers": [{"name": "server", "securityContext": _whole}]},
	rest,
))])

test_asks_init_containers_too if {
	assert.none(identity.deny) with input as _silent({}) with data.strict as _strict
	assert.messages(identity.deny, {
		"Deployment/cart: the pod does not set runAsGroup, runAsUser",
	}) with input as _silent({"initContainers": [{"name": "init"}]}) with data.strict as _strict
}

test_does_not_warn_where_strict if {
	assert.none(identity.warn) with input as _pod({"runAsUser": 1001}) with data.strict as _strict
}
