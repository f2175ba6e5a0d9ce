package lib.references_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.lib.references

_target := examples.combined([examples.resource("v1", "ConfigMap", "settings", {})])

test_what_is_rendered_exists if {
	references.exists("/ConfigMap", "shop", "settings") with input as _target
	not references.exists("/ConfigMap", "else", "settings") with input as _target
	not references.exists("/Secret", "shop", "settings") with input as _target
}

test_what_every_cluster_has_exists if {
	references.exists("/ServiceAccount", "shop", "default") with input as []
	every name in ["system-cluster-critical", "system-node-critical"] {
		references.exists("scheduling.k8s.io/PriorityClass", "", name) with input as []
	}
	not references.exists("scheduling.k8s.io/PriorityClass", "", "system-other") with input as []
}

test_what_the_table_lists_exists if {
	table := {"provides": {"storage.k8s.io/StorageClass": ["gp3", "io*"]}}
	references.exists("storage.k8s.io/StorageClass", "", "gp3") with input as [] with data.cluster as table
	references.exists("storage.k8s.io/StorageClass", "", "io2") with input as [] with data.cluster as table
	not references.exists("storage.k8s.io/StorageClass", "", "gp2") with input as [] with data.cluster as table
}

test_absence_is_denied_where_such_objects_are_kept if {
	assert.same(references.level("/ConfigMap", "shop", "other"), "deny") with input as _target
	assert.same(references.level("/ConfigMap", "else", "other"), "warn") with input as _target
	shared := examples.resource("v1", "ConfigMap", "settings", {"metadata": {"namespace": "kube-system"}})
	assert.same(references.level("/ConfigMap", "kube-system", "other"), "warn") with input as examples.combined([shared])
	not references.level("/ConfigMap", "shop", "settings") with input as _target
}

test_an_object_may_state_no_namespace if {
	references.namespace("to", "shop") == " to namespace shop"
	references.namespace("to", "") == ""
}
