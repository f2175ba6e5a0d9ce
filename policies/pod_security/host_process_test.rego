package rules.pod_security.host_process_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.pod_security.host_process

_context := {"securityContext": {"windowsOptions": {"hostProcess": true}}}

test_accepts_false_and_no_setting if {
	assert.none(host_process.deny) with input as examples.deployment({})
	off := {"securityContext": {"windowsOptions": {"hostProcess": false}}}
	assert.none(host_process.deny) with input as examples.deployment(off)
}

test_denies_it_for_the_pod if {
	assert.messages(host_process.deny, {
		"Deployment/cart: the pod runs as a host process of the Windows node",
	}) with input as examples.deployment(_context)
}

test_denies_everywhere if {
	target := examples.everywhere(object.union(examples.container, _context))
	assert.same(examples.names(host_process.deny), examples.places) with input as target
}
