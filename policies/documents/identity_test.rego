package rules.documents.identity_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.documents.identity

test_accepts_the_example if {
	assert.none(identity.deny) with input as examples.deployment({})
}

test_accepts_generated_names if {
	job := json.remove(
		object.union(examples.workload("Job", examples.pod_spec), {"metadata": {"generateName": "cart-"}}),
		["metadata/name"],
	)
	assert.none(identity.deny) with input as examples.combined([job])
}

test_accepts_lists_and_empty_documents if {
	list := {"apiVersion": "v1", "kind": "List", "items": [examples.workload("Pod", examples.pod_spec)]}
	assert.none(identity.deny) with input as examples.combined([list, null])
}

test_denies_a_document_that_is_not_an_object if {
	target := examples.combined([examples.workload("Pod", examples.pod_spec), ["Pod"]])
	assert.messages(identity.deny, {"document 2 of the target is not an object"}) with input as target
}

test_denies_missing_and_malformed_names if {
	assert.messages(identity.deny, {
		"/cart: has no kind",
		"/cart: has no apiVersion",
		"Pod/: has no name",
		"Service/: has no name",
	}) with input as examples.combined([
		{"metadata": {"name": "cart"}},
		{"apiVersion": "v1", "kind": "Pod", "metadata": null},
		{"apiVersion": "v1", "kind": "Service", "metadata": {"name": 7}},
	])
}
