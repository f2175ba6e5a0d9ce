package rules.pod_security.apparmor_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.pod_security.apparmor

test_accepts_profiles_and_no_setting if {
	assert.none(apparmor.deny) with input as examples.deployment({})
	every type in ["Localhost", "RuntimeDefault"] {
		target := examples.server({"securityContext": {"appArmorProfile": {"type": type}}})
		assert.none(apparmor.deny) with input as target
	}
}

test_denies_none_for_the_pod if {
	target := examples.deployment({"securityContext": {"appArmorProfile": {"type": "Unconfined"}}})
	assert.messages(apparmor.deny, {
		"Deployment/cart: the pod sets the AppArmor profile Unconfined",
	}) with input as target
}

test_denies_none_everywhere if {
	bad := object.union(examples.container, {"securityContext": {"appArmorProfile": {"type": "Unconfined"}}})
	assert.same(examples.names(apparmor.deny), examples.places) with input as examples.everywhere(bad)
}

_annotated(profile) := examples.combined([object.union(examples.workload("Pod", examples.pod_spec), {"metadata": {
	"name": "cart",
	"annotations": {
		"container.apparmor.security.beta.kubernetes.io/server": profile,
		"example.com/profile": "unconfined",
	},
}})])

test_accepts_annotations_that_confine if {
	every profile in ["", "runtime/default", "localhost/cart"] {
		assert.none(apparmor.deny) with input as _annotated(profile)
	}
}

test_denies_annotations_that_do_not if {
	assert.messages(apparmor.deny, {
		"Pod/cart: an annotation of the pod sets the AppArmor profile unconfined",
	}) with input as _annotated("unconfined")
}
