package rules.pod_security.added_capabilities_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.pod_security.added_capabilities

test_accepts_what_runtimes_grant if {
	target := examples.server({"securityContext": {"capabilities": {"add": ["CHOWN", "NET_BIND_SERVICE"]}}})
	assert.none(added_capabilities.deny) with input as target
	assert.none(added_capabilities.deny) with input as examples.deployment({})
}

test_denies_others if {
	target := examples.server({"securityContext": {"capabilities": {"add": ["CHOWN", "SYS_ADMIN"]}}})
	assert.messages(added_capabilities.deny, {
		"Deployment/cart: container server adds the capability SYS_ADMIN",
	}) with input as target
}

test_denies_everywhere if {
	bad := object.union(examples.container, {"securityContext": {"capabilities": {"add": ["NET_RAW"]}}})
	assert.same(examples.names(added_capabilities.deny), examples.places) with input as examples.everywhere(bad)
}
