package rules.references.priority_class_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.references.priority_class

_pod(name) := examples.workload("DaemonSet", object.union(examples.pod_spec, {"priorityClassName": name}))

_class(name) := {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name}}

_messages := {"DaemonSet/cart: the pod has PriorityClass first, which is not rendered"}

test_accepts_a_class_of_the_target if {
	target := examples.combined([_pod("first"), _class("first")])
	assert.none(priority_class.deny | priority_class.warn) with input as target
}

test_accepts_a_class_of_the_cluster if {
	target := examples.combined([_pod("system-node-critical"), examples.workload("Job", examples.pod_spec)])
	assert.none(priority_class.deny | priority_class.warn) with input as target
}

test_denies_an_absent_class if {
	target := examples.combined([_pod("first"), _class("last")])
	assert.messages(priority_class.deny, _messages) with input as target
}

test_warns_where_no_class_is_made if {
	assert.messages(priority_class.warn, _messages) with input as examples.combined([_pod("first")])
	assert.none(priority_class.deny) with input as examples.combined([_pod("first")])
}
