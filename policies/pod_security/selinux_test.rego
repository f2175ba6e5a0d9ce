package rules.pod_security.selinux_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.pod_security.selinux

test_accepts_the_container_types if {
	every options in [{}, {"type": "container_t"}, {"level": "s0"}] {
		target := examples.deployment({"securityContext": {"seLinuxOptions": options}})
		assert.none(selinux.deny) with input as target
	}
}

test_denies_the_engines_type_before_1_31 if {
	target := examples.deployment({"securityContext": {"seLinuxOptions": {"type": "container_engine_t"}}})
	assert.size(selinux.deny, 1) with input as target with data.target as {"kubernetes": "1.30"}
	assert.none(selinux.deny) with input as target with data.target as {"kubernetes": "1.31"}
}

test_denies_other_options if {
	options := {"role": "sysadm_r", "type": "spc_t", "user": "root"}
	assert.messages(selinux.deny, {
		"Deployment/cart: the pod sets the SELinux role sysadm_r",
		"Deployment/cart: the pod sets the SELinux type spc_t",
		"Deployment/cart: the pod sets the SELinux user root",
	}) with input as examples.deployment({"securityContext": {"seLinuxOptions": options}})
}

test_denies_everywhere if {
	bad := object.union(examples.container, {"securityContext": {"seLinuxOptions": {"type": "spc_t"}}})
	assert.same(examples.names(selinux.deny), examples.places) with input as examples.everywhere(bad)
}
