package rules.workloads.sysctls_test

import data.lib.examples_test as examples
import data.rules.workloads.sysctls

_target(name) := examples.deployment({"securityContext": {"sysctls": [{"name": name, "value": "1"}]}})

test_accepts_safe_ones if {
	count(sysctls.deny) == 0 with input as _target("net.ipv4.tcp_syncookies")
}

test_denies_others if {
	examples.messages(sysctls.deny) == {
		"Deployment/cart: the pod sets the kernel parameter kernel.msgmax",
	} with input as _target("kernel.msgmax")
}

test_denies_in_every_kind if {
	spec := object.union(examples.pod_spec, {"securityContext": {"sysctls": ["kernel.msgmax"]}})
	examples.names(sysctls.deny) == examples.kinds with input as examples.every_kind(spec)
}
