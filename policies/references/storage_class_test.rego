package rules.references.storage_class_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.references.storage_class

_set(class) := object.union(examples.workload("StatefulSet", examples.pod_spec), {"spec": {"volumeClaimTemplates": [{
	"metadata": {"name": "data"},
	"spec": {"storageClassName": class},
}]}})

_class(name) := {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": name}}

_messages := {"StatefulSet/cart: claim data has StorageClass fast, which is not rendered"}

test_accepts_a_class_of_the_target if {
	target := examples.combined([_set("fast"), _class("fast")])
	assert.none(storage_class.deny | storage_class.warn) with input as target
}

test_accepts_the_default_class_and_none if {
	claim := examples.resource("v1", "PersistentVolumeClaim", "data", {"spec": {}})
	target := examples.combined([_set(""), claim, _class("fast")])
	assert.none(storage_class.deny | storage_class.warn) with input as target
}

test_denies_an_absent_class if {
	target := examples.combined([_set("fast"), _class("slow")])
	assert.messages(storage_class.deny, _messages) with input as target
}

test_warns_where_no_class_is_made if {
	assert.messages(storage_class.warn, _messages) with input as examples.combined([_set("fast")])
	assert.none(storage_class.deny) with input as examples.combined([_set("fast")])
}

test_finds_all_claims if {
	claim := examples.resource("v1", "PersistentVolumeClaim", "disk", {"spec": {}})
	judged := storage_class.subjects
		with input as examples.combined([claim, examples.workload("Pod", examples.pod_spec)])
	assert.same({resource.name | some resource in judged}, {"disk"})
}
