package rules.pod_security.seccomp_unconfined_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.pod_security.seccomp_unconfined

_profile(value) := {"securityContext": {"seccompProfile": value}}

test_accepts_profiles_and_no_setting if {
	every value in [null, {"type": "RuntimeDefault"}, {"type": "Localhost", "localhostProfile": "a.json"}] {
		assert.none(seccomp_unconfined.deny) with input as examples.server(_profile(value))
	}
}

test_denies_unconfined_pods if {
	target := examples.deployment(_profile({"type": "Unconfined"}))
	assert.messages(seccomp_unconfined.deny, {
		"Deployment/cart: the pod sets the seccomp profile Unconfined",
	}) with input as target
}

test_denies_a_profile_without_type if {
	assert.messages(seccomp_unconfined.deny, {
		"Deployment/cart: container server sets the seccomp profile null",
	}) with input as examples.server(_profile({}))
}

test_denies_everywhere if {
	bad := object.union(examples.container, _profile({"type": "Unconfined"}))
	assert.same(examples.names(seccomp_unconfined.deny), examples.places) with input as examples.everywhere(bad)
}
