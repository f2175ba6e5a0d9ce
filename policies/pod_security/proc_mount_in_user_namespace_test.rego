package rules.pod_security.proc_mount_in_user_namespace_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.pod_security.proc_mount_in_user_namespace as rule

_pod(users, mount) := object.union(examples.pod_spec, {
	"hostUsers": users,
	"containers": [object.union(examples.container, {"securityContext": {"procMount": mount}})],
})

test_accepts_the_default if {
	assert.none(rule.deny) with input as examples.every_kind(_pod(false, "Default"))
	assert.none(rule.deny) with input as examples.every_kind(_pod(false, null))
}

test_accepts_what_another_rule_denies if {
	assert.none(rule.deny) with input as examples.every_kind(_pod(true, "Unmasked"))
	assert.none(rule.deny) with input as examples.every_kind(_pod(false, "Unmasked"))
		with data.target as {"kubernetes": "1.34"}
}

test_denies_unmasked if {
	assert.messages(rule.deny, {
		"Deployment/cart: container server mounts /proc as Unmasked",
	}) with input as examples.deployment(_pod(false, "Unmasked"))
}

test_denies_in_every_kind if {
	assert.same(examples.names(rule.deny), examples.kinds) with input as examples.every_kind(_pod(false, "Unmasked"))
}
