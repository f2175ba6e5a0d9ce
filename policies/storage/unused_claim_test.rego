package rules.storage.unused_claim_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.storage.unused_claim

_claim(name) := examples.resource("v1", "PersistentVolumeClaim", name, {})

_set := object.union(
	examples.workload("StatefulSet", examples.pod_spec),
	{"spec": {"volumeClaimTemplates": [{"metadata": {"name": "data"}}]}},
)

_job := examples.workload("Job", {"volumes": [{"name": "a", "persistentVolumeClaim": {"claimName": "backups"}}]})

test_accepts_mounted_claims if {
	target := examples.combined([_claim("data-cart-0"), _claim("backups"), _set, _job])
	assert.none(unused_claim.warn) with input as target
}

test_accepts_claims_where_nothing_runs if {
	assert.none(unused_claim.warn) with input as examples.combined([_claim("backups")])
}

test_warns_of_claims_that_are_not_mounted if {
	every name in ["data", "data-cart", "data-cart-old", "other"] {
		assert.messages(unused_claim.warn, {
			sprintf("PersistentVolumeClaim/%s: is not mounted by any pod", [name]),
		}) with input as examples.combined([_claim(name), _set, _job])
	}
}

test_warns_of_claims_that_are_mounted_in_another_namespace if {
	elsewhere := object.union(_job, {"metadata": {"namespace": "other"}})
	assert.size(unused_claim.warn, 1) with input as examples.combined([_claim("backups"), _set, elsewhere])
}
