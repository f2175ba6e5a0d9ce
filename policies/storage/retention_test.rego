package rules.storage.retention_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.storage.retention

_set(spec) := examples.combined([object.union(examples.workload("StatefulSet", examples.pod_spec), {"spec": spec})])

_claims := {"volumeClaimTemplates": [{"metadata": {"name": "data"}}]}

test_accepts_sets_that_say_it if {
	body := {"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Delete"}}
	assert.none(retention.warn) with input as _set(object.union(_claims, body)) with data.strict as {}
}

test_accepts_sets_without_claims if {
	assert.none(retention.warn) with input as _set({}) with data.strict as {}
}

test_warns_of_what_is_left_out if {
	assert.messages(retention.warn, {
		"StatefulSet/cart: does not set the retention policy of its claims: whenDeleted, whenScaled",
	}) with input as _set(_claims) with data.strict as {}
	half := object.union(_claims, {"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain"}})
	assert.messages(retention.warn, {
		"StatefulSet/cart: does not set the retention policy of its claims: whenScaled",
	}) with input as _set(half) with data.strict as {}
}

test_denies_it_where_conventions_are_strict if {
	strict := {"shop": ["conventions"]}
	assert.size(retention.deny, 1) with input as _set(_claims) with data.strict as strict
	assert.none(retention.warn) with input as _set(_claims) with data.strict as strict
}
