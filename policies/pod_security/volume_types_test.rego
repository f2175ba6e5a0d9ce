package rules.pod_security.volume_types_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.pod_security.volume_types

test_accepts_the_restricted_types if {
	target := examples.deployment({"volumes": [
		{"name": "a", "configMap": {"name": "a"}},
		{"name": "b", "csi": {"driver": "b"}},
		{"name": "c", "downwardAPI": {}},
		{"name": "d", "emptyDir": {}},
		{"name": "e", "ephemeral": {}},
		{"name": "f", "image": {"reference": "f:1"}},
		{"name": "g", "persistentVolumeClaim": {"claimName": "g"}},
		{"name": "h", "projected": {}},
		{"name": "i", "secret": {"secretName": "i"}},
		{"name": "j"},
		{"name": "k", "emptyDir": {}, "hostPath": null},
	]})
	assert.none(volume_types.deny) with input as target
}

test_accepts_what_another_rule_denies if {
	target := examples.deployment({"volumes": [{"name": "disk", "hostPath": {"path": "/"}}]})
	assert.none(volume_types.deny) with input as target
}

test_denies_other_types if {
	target := examples.deployment({"volumes": [{"name": "share", "nfs": {"server": "a", "path": "/"}}]})
	assert.messages(volume_types.deny, {"Deployment/cart: volume share has the forbidden type nfs"}) with input as target
}

test_denies_in_every_kind if {
	spec := object.union(examples.pod_spec, {"volumes": [{"name": "share", "nfs": {"server": "a", "path": "/"}}]})
	assert.same(examples.names(volume_types.deny), examples.kinds) with input as examples.every_kind(spec)
}
