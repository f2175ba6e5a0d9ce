package lib.pod_security_standard_test

import data.lib.assert_test as assert
import data.lib.pod_security_standard

test_the_oldest_version_decides if {
	pod_security_standard.since(34) with data.target as {"kubernetes": "1.34"}
	not pod_security_standard.since(35) with data.target as {"kubernetes": "1.34"}
}

# https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
test_baseline_lets_a_container_add_what_runtimes_grant if {
	assert.same(pod_security_standard.capabilities, {
		"AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP",
		"SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
	})
}

test_either_standard_accepts_two_profiles if {
	assert.same(pod_security_standard.seccomp_profiles, {"Localhost", "RuntimeDefault"})
}

test_by_hand_it_is_the_oldest_that_is_supported if {
	assert.same(pod_security_standard.minor, 35) with data.target as {"name": "shop"}
	assert.same(pod_security_standard.minor, 35) with data.target as {"kubernetes": "latest"}
}
