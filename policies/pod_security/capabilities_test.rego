package rules.pod_security.capabilities_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.pod_security.capabilities

test_accepts_one_addition if {
	target := examples.server({"securityContext": {"capabilities": {"add": ["NET_BIND_SERVICE"]}}})
	assert.none(capabilities.deny) with input as target
}

test_denies_others if {
	target := examples.server({"securityContext": {"capabilities": {"add": ["CHOWN", "NET_BIND_SERVICE"]}}})
	assert.messages(capabilities.deny, {
		"Deployment/cart: container server adds the capability CHOWN",
	}) with input as target
}

test_accepts_what_another_rule_denies if {
	target := examples.server({"securityContext": {"capabilities": {"add": ["SYS_ADMIN"]}}})
	assert.none(capabilities.deny) with input as target
}

test_denies_dropping_less if {
	target := examples.server({"securityContext": {"capabilities": {"drop": ["NET_RAW"]}}})
	assert.messages(capabilities.deny, {
		"Deployment/cart: container server does not drop all capabilities",
	}) with input as target
}

test_denies_a_missing_setting_everywhere if {
	bad := examples.container_without("securityContext/capabilities")
	assert.same(examples.names(capabilities.deny), examples.places) with input as examples.everywhere(bad)
}

test_exempts_windows if {
	spec := {"os": {"name": "windows"}, "containers": [{
		"name": "server",
		"securityContext": {"capabilities": {"add": ["CHOWN"]}},
	}]}
	assert.none(capabilities.deny) with input as examples.deployment(spec)
}

test_reports_the_automatic_fix if {
	found := capabilities.deny
		with input as examples.server({"securityContext": {"capabilities": {"drop": ["NET_RAW"]}}})
	assert.same(
		examples.autofixes(found),
		{"/spec/template/spec/containers/0/securityContext/capabilities/drop": {"set": ["ALL"]}},
	)
}
