package rules.pod_security.host_namespaces_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.pod_security.host_namespaces

test_accepts_false_and_no_setting if {
	assert.none(host_namespaces.deny) with input as examples.deployment({})
	assert.none(host_namespaces.deny) with input as examples.deployment({"hostNetwork": false, "hostPID": null})
}

test_denies_each if {
	target := examples.deployment({"hostIPC": true, "hostNetwork": true, "hostPID": true})
	assert.messages(host_namespaces.deny, {
		"Deployment/cart: the pod uses a host namespace: hostIPC",
		"Deployment/cart: the pod uses a host namespace: hostNetwork",
		"Deployment/cart: the pod uses a host namespace: hostPID",
	}) with input as target
}

test_denies_in_every_kind if {
	target := examples.every_kind(object.union(examples.pod_spec, {"hostPID": true}))
	assert.same(examples.names(host_namespaces.deny), examples.kinds) with input as target
}

test_is_fixed_by_removing_it if {
	found := host_namespaces.deny with input as examples.deployment({"hostPID": true})
	assert.same(examples.autofixes(found), {"/spec/template/spec/hostPID": {"remove": true}})
}
