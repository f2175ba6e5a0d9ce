package rules.pod_security.proc_mount_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.pod_security.proc_mount

test_accepts_the_default if {
	assert.none(proc_mount.deny) with input as examples.deployment({})
	assert.none(proc_mount.deny) with input as examples.server({"securityContext": {"procMount": "Default"}})
}

test_accepts_user_namespaces_since_1_35 if {
	unmasked := object.union(examples.container, {"securityContext": {"procMount": "Unmasked"}})
	target := examples.deployment({"hostUsers": false, "containers": [unmasked]})
	assert.none(proc_mount.deny) with input as target with data.target as {"kubernetes": "1.35"}
	assert.size(proc_mount.deny, 1) with input as target with data.target as {"kubernetes": "1.34"}
}

test_denies_unmasked if {
	target := examples.server({"securityContext": {"procMount": "Unmasked"}})
	assert.messages(proc_mount.deny, {
		"Deployment/cart: container server mounts /proc as Unmasked",
	}) with input as target
}

test_denies_everywhere if {
	bad := object.union(examples.container, {"securityContext": {"procMount": "Unmasked"}})
	assert.same(examples.names(proc_mount.deny), examples.places) with input as examples.everywhere(bad)
}

test_is_fixed_by_removing_it if {
	found := proc_mount.deny with input as examples.server({"securityContext": {"procMount": "Unmasked"}})
	assert.same(
		examples.autofixes(found),
		{"/spec/template/spec/containers/0/securityContext/procMount": {"remove": true}},
	)
}
