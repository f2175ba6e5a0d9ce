package rules.pod_security.privileged_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.pod_security.privileged

test_accepts_false_and_no_setting if {
	assert.none(privileged.deny) with input as examples.deployment({})
	assert.none(privileged.deny) with input as examples.server({"securityContext": {"privileged": false}})
}

test_denies_true if {
	target := examples.server({"securityContext": {"privileged": true}})
	assert.messages(privileged.deny, {"Deployment/cart: container server is privileged"}) with input as target
}

test_denies_everywhere if {
	bad := object.union(examples.container, {"securityContext": {"privileged": true}})
	assert.same(examples.names(privileged.deny), examples.places) with input as examples.everywhere(bad)
}

test_reports_the_automatic_fix if {
	found := privileged.deny with input as examples.server({"securityContext": {"privileged": true}})
	assert.same(examples.autofixes(found), {"/spec/template/spec/containers/0/securityContext/privileged": {"set": false}})
}
