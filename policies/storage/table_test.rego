package rules.storage.table_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.storage.table

_rows := {"shop": {"cart": {"data": {"size": "1Gi", "class": "fast", "retention": "Retain"}}}}

_set(size, class, retention) := examples.combined([object.union(
	examples.workload("StatefulSet", examples.pod_spec),
	{"spec": {
		"persistentVolumeClaimRetentionPolicy": retention,
		"volumeClaimTemplates": [{
			"metadata": {"name": "data"},
			"spec": {"storageClassName": class, "resources": {"requests": {"storage": size}}},
		}],
	}},
)])

_retained := {"whenDeleted": "Retain", "whenScaled": "Retain"}

test_accepts_what_the_table_says if {
	assert.none(table.deny) with input as _set("1024Mi", "fast", _retained) with data.storage as _rows
}

test_accepts_what_is_not_in_the_table if {
	assert.none(table.deny) with input as _set("9Gi", "slow", {}) with data.storage as {"else": {}}
}

test_denies_what_differs if {
	assert.messages(table.deny, {concat("", [
		"StatefulSet/cart: claim data differs from the table `storage`: ",
		"class is slow instead of fast, size is 2Gi instead of 1Gi, whenScaled is Delete instead of Retain",
	])}) with input as _set("2Gi", "slow", {"whenDeleted": "Retain", "whenScaled": "Delete"}) with data.storage as _rows
}

test_denies_one_difference if {
	assert.messages(table.deny, {
		"StatefulSet/cart: claim data differs from the table `storage`: class is slow instead of fast",
	}) with input as _set("1Gi", "slow", _retained) with data.storage as _rows
}

test_denies_what_only_others_have if {
	others := [
		{"metadata": {"name": "web"}},
		{"metadata": {"namespace": "else"}},
		{"spec": {"volumeClaimTemplates": [{"metadata": {"name": "other"}}]}},
	]
	every changes in others {
		other := object.union(_set("1Gi", "fast", _retained)[0].contents, changes)
		assert.messages(table.deny, {
			"Namespace/shop: the table `storage` lists claim data of cart, which is not rendered",
		}) with input as examples.combined([other, examples.workload("Job", examples.pod_spec)])
			with data.storage as _rows
	}
}

test_denies_what_is_not_rendered if {
	assert.messages(table.deny, {
		"Namespace/shop: the table `storage` lists claim data of cart, which is not rendered",
	}) with input as examples.combined([examples.workload("Job", examples.pod_spec)]) with data.storage as _rows
}
