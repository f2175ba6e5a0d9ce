package rules.references.claim_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.references.claim

_pod(name) := examples.workload("Job", object.union(examples.pod_spec, {"volumes": [
	{"name": "tmp", "emptyDir": {}},
	{"name": "data", "persistentVolumeClaim": {"claimName": name}},
]}))

_claim(name) := examples.resource("v1", "PersistentVolumeClaim", name, {"spec": {}})

_set := object.union(examples.workload("StatefulSet", examples.pod_spec), {"spec": {"volumeClaimTemplates": [{
	"metadata": {"name": "data"},
	"spec": {},
}]}})

_messages := {"Job/cart: the pod mounts PersistentVolumeClaim backups, which is not rendered"}

test_accepts_a_claim_of_the_target if {
	assert.none(claim.deny | claim.warn) with input as examples.combined([_pod("backups"), _claim("backups")])
}

test_accepts_a_claim_of_a_stateful_set if {
	assert.none(claim.deny | claim.warn) with input as examples.combined([_pod("data-cart-0"), _set, _claim("other")])
	found := claim.deny with input as examples.combined([_pod("data-cart-old"), _set, _claim("other")])
	assert.size(found, 1)
}

test_denies_an_absent_claim if {
	assert.messages(claim.deny, _messages) with input as examples.combined([_pod("backups"), _claim("other")])
}

test_warns_where_no_claim_is_kept if {
	assert.messages(claim.warn, _messages) with input as examples.combined([_pod("backups")])
	assert.none(claim.deny) with input as examples.combined([_pod("backups")])
}
