package rules.workloads.selector_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.workloads.selector

_strict := {"shop": ["conventions"]}

_workload(kind, spec) := object.union(examples.workload(kind, examples.pod_spec), {"spec": spec})

_by(kind, labels) := _workload(kind, {"selector": {"matchLabels": labels}})

_web(labels) := object.union(examples.caller("web", []), {"spec": {
	"selector": {"matchLabels": {"tier": "web"}},
	"template": {"metadata": {"labels": object.union({"tier": "web"}, labels)}},
}})

test_accepts_its_own_pods if {
	every kind in ["DaemonSet", "Deployment", "ReplicaSet", "Rollout", "StatefulSet"] {
		target := examples.combined([_by(kind, {"app": "cart"}), _web({})])
		assert.none(selector.deny | selector.warn) with input as target
	}
	expressions := {"matchExpressions": [{"key": "app", "operator": "In", "values": ["cart"]}]}
	target := examples.combined([_workload("Deployment", {"selector": expressions})])
	assert.none(selector.deny | selector.warn) with input as target
}

test_accepts_what_selects_otherwise if {
	every kind in ["Deployment", "Job", "ReplicationController"] {
		assert.none(selector.deny | selector.warn)
			with input as examples.combined([_workload(kind, {"selector": null})])
	}
	job := _workload("Job", {"selector": {"matchLabels": {"app": "web"}}})
	assert.none(selector.deny | selector.warn) with input as examples.combined([job])
	controller := _workload("ReplicationController", {"selector": {"app": "cart"}})
	assert.none(selector.deny | selector.warn) with input as examples.combined([controller])
}

test_denies_a_selector_that_misses_its_pods if {
	assert.messages(selector.deny, {
		`Deployment/cart: its selector {"matchLabels":{"app":"web"}} does not match its own pods, which have {"app":"cart"}`,
	}) with input as examples.combined([_by("Deployment", {"app": "web"})])
	assert.same({found.path | some found in selector.deny}, {"/spec/selector"}) with input as examples.combined([_by(
		"Deployment",
		{"app": "web"},
	)])
}

test_denies_an_empty_selector if {
	every empty in [{}, {"matchLabels": {}}, {"matchExpressions": []}] {
		target := examples.combined([_workload("Deployment", {"selector": empty}), _web({})])
		assert.messages(selector.deny, {
			"Deployment/cart: its selector is empty and matches every pod of the namespace",
		}) with input as target with data.strict as _strict
	}
}

_overlap := examples.combined([_by("Deployment", {"app": "cart"}), _web({"app": "cart"})])

_messages := {"Deployment/cart: its selector also matches the pods of Deployment web"}

test_warns_of_the_pods_of_others if {
	assert.messages(selector.warn, _messages) with input as _overlap
	assert.none(selector.deny) with input as _overlap
}

test_denies_the_pods_of_others_where_strict if {
	assert.messages(selector.deny, _messages) with input as _overlap with data.strict as _strict
	assert.none(selector.warn) with input as _overlap with data.strict as _strict
}

test_accepts_the_pods_of_another_namespace if {
	apart := object.union(_web({"app": "cart"}), {
		"metadata": {"namespace": "other"},
	})
	target := examples.combined([_by("Deployment", {"app": "cart"}), apart])
	assert.none(selector.deny | selector.warn) with input as target
}
