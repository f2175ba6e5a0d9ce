package rules.pod_security.sysctls_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.pod_security.sysctls

_target(name) := examples.deployment({"securityContext": {"sysctls": [{"name": name, "value": "1"}]}})

test_accepts_safe_ones if {
	every name in [
		"kernel.shm_rmid_forced",
		"net.ipv4.ip_local_port_range",
		"net.ipv4.ip_local_reserved_ports",
		"net.ipv4.ip_unprivileged_port_start",
		"net.ipv4.ping_group_range",
		"net.ipv4.tcp_fin_timeout",
		"net.ipv4.tcp_keepalive_intvl",
		"net.ipv4.tcp_keepalive_probes",
		"net.ipv4.tcp_keepalive_time",
		"net.ipv4.tcp_rmem",
		"net.ipv4.tcp_syncookies",
		"net.ipv4.tcp_wmem",
	] {
		assert.none(sysctls.deny) with input as _target(name)
	}
}

test_denies_what_was_not_safe_yet if {
	every name, version in {
		"net.ipv4.ip_local_reserved_ports": "1.27",
		"net.ipv4.tcp_fin_timeout": "1.29",
		"net.ipv4.tcp_keepalive_intvl": "1.29",
		"net.ipv4.tcp_keepalive_probes": "1.29",
		"net.ipv4.tcp_keepalive_time": "1.29",
		"net.ipv4.tcp_notsent_lowat": "1.37",
		"net.ipv4.tcp_rmem": "1.32",
		"net.ipv4.tcp_slow_start_after_idle": "1.37",
		"net.ipv4.tcp_wmem": "1.32",
	} {
		before := sprintf("1.%d", [to_number(substring(version, 2, -1)) - 1])
		assert.size(sysctls.deny, 1) with input as _target(name) with data.target as {"kubernetes": before}
		assert.none(sysctls.deny) with input as _target(name) with data.target as {"kubernetes": version}
	}
}

test_denies_others if {
	assert.messages(sysctls.deny, {
		"Deployment/cart: the pod sets the unsafe sysctl kernel.msgmax",
	}) with input as _target("kernel.msgmax")
}

test_denies_in_every_kind if {
	spec := object.union(examples.pod_spec, {"securityContext": {"sysctls": ["kernel.msgmax"]}})
	assert.same(examples.names(sysctls.deny), examples.kinds) with input as examples.every_kind(spec)
}
