package rules.workloads.root_group_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.workloads.root_group

_strict := {"shop": ["conventions"]}

_pod(settings) := examples.deployment({"securityContext": settings})

test_accepts_other_groups if {
	every settings in [{}, {"runAsGroup": 1, "fsGroup": 2000, "supplementalGroups": [1]}, {"runAsUser": 0}] {
		assert.none(root_group.warn) with input as _pod(settings)
	}
	assert.none(root_group.warn) with input as examples.server({"securityContext": {"runAsGroup": 1001}})
}

test_warns_of_group_0 if {
	assert.messages(root_group.warn, {
		"Deployment/cart: the pod has runAsGroup 0",
		"Deployment/cart: the pod has fsGroup 0",
		"Deployment/cart: the pod has 0 in supplementalGroups",
	}) with input as _pod({"runAsGroup": 0, "fsGroup": 0, "supplementalGroups": [5, 0]})
	assert.messages(root_group.warn, {
		"Deployment/cart: container server has runAsGroup 0",
	}) with input as examples.server({"securityContext": {"runAsGroup": 0}})
}

test_points_at_the_group if {
	found := root_group.warn with input as _pod({"fsGroup": 0, "supplementalGroups": [5, 0]})
	assert.same({one.path | some one in found}, {
		"/spec/template/spec/securityContext/fsGroup",
		"/spec/template/spec/securityContext/supplementalGroups/1",
	})
}

test_finds_it_in_every_place if {
	target := examples.everywhere({"name": "other", "securityContext": {"runAsGroup": 0}})
	found := root_group.warn with input as target
	assert.same(examples.names(found), examples.places)
}

test_accepts_it_in_a_user_namespace if {
	spec := {"hostUsers": false, "securityContext": {"fsGroup": 0, "supplementalGroups": [0]}}
	assert.none(root_group.warn) with input as examples.deployment(spec) with data.target.kubernetes as "1.35"
	assert.size(root_group.warn, 2) with input as examples.deployment(spec) with data.target.kubernetes as "1.34"
}

test_denies_where_strict if {
	target := _pod({"fsGroup": 0})
	assert.size(root_group.deny, 1) with input as target with data.strict as _strict
	assert.none(root_group.warn) with input as target with data.strict as _strict
	assert.none(root_group.deny) with input as target
}
