package lib.volume_claims_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.lib.volume_claims

_claim := {"metadata": {"name": "data"}, "spec": {"storageClassName": "fast"}}

_target := examples.combined([
	object.union(
		examples.workload("StatefulSet", examples.pod_spec),
		{"spec": {"volumeClaimTemplates": [_claim]}},
	),
	examples.resource("v1", "PersistentVolumeClaim", "backups", {"spec": {}}),
	examples.workload("Job", object.union(examples.pod_spec, {"volumes": [
		{"name": "tmp", "emptyDir": {}},
		{"name": "scratch", "ephemeral": {"volumeClaimTemplate": {"spec": {}}}},
	]})),
])

test_finds_claims_wherever_they_are_made if {
	found := volume_claims.claims with input as _target
	assert.same({[claim.name, claim.resource.kind, claim.path] | some claim in found}, {
		["data", "StatefulSet", "/spec/volumeClaimTemplates/0"],
		["backups", "PersistentVolumeClaim", ""],
		["scratch", "Job", "/spec/template/spec/volumes/1/ephemeral/volumeClaimTemplate"],
	})
}

test_knows_the_claims_of_a_set if {
	volume_claims.is_of_a_set("shop", "data-cart-0") with input as _target
	volume_claims.is_of_a_set("shop", "data-cart-12") with input as _target
	every name in ["data-cart-", "data-cart-old", "data-web-0", "backups", "0"] {
		not volume_claims.is_of_a_set("shop", name) with input as _target
	}
	not volume_claims.is_of_a_set("other", "data-cart-0") with input as _target
}
