package rules.storage.claim_templates_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.storage.claim_templates

_set(body) := examples.combined([object.union(
	examples.workload("StatefulSet", examples.pod_spec),
	{"spec": {"volumeClaimTemplates": [object.union({"metadata": {"name": "data"}}, body)]}},
)])

test_accepts_what_says_what_it_is if {
	body := {"apiVersion": "v1", "kind": "PersistentVolumeClaim"}
	assert.none(claim_templates.warn) with input as _set(body) with data.strict as {}
}

test_warns_of_what_does_not if {
	messages := {"StatefulSet/cart: claim template data does not set apiVersion: v1 and kind: PersistentVolumeClaim"}
	assert.messages(claim_templates.warn, messages) with input as _set({})
		with data.strict as {}
	half := _set({"kind": "PersistentVolumeClaim"})
	assert.messages(claim_templates.warn, messages) with input as half with data.strict as {}
}

test_denies_it_where_conventions_are_strict if {
	strict := {"shop": ["conventions"]}
	assert.size(claim_templates.deny, 1) with input as _set({}) with data.strict as strict
	assert.none(claim_templates.warn) with input as _set({}) with data.strict as strict
}
