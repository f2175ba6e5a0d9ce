package rules.pod_security.seccomp_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.pod_security.seccomp

test_accepts_the_pods_profile if {
	assert.none(seccomp.deny) with input as examples.deployment({})
}

test_accepts_a_containers_own_profile if {
	own := object.union(examples.container, {"securityContext": {"seccompProfile": {"type": "Localhost"}}})
	target := examples.combined([examples.workload("Deployment", {"containers": [own]})])
	assert.none(seccomp.deny) with input as target
}

test_denies_a_missing_setting_everywhere if {
	spec := json.remove(examples.pod_spec, ["securityContext/seccompProfile"])
	target := examples.every_kind(spec)
	assert.same(examples.names(seccomp.deny), examples.kinds) with input as target
	assert.messages(seccomp.deny, {
	sprintf("%s/%s: container server runs without a seccomp profile", [kind, kind]) |
		some kind in examples.kinds
	}) with input as target
}

test_accepts_what_another_rule_denies if {
	target := examples.deployment({"securityContext": {"seccompProfile": {"type": "Unconfined"}}})
	assert.none(seccomp.deny) with input as target
}

test_exempts_windows if {
	spec := {"os": {"name": "windows"}, "containers": [{"name": "server"}]}
	assert.none(seccomp.deny) with input as examples.combined([examples.workload("Pod", spec)])
}

test_reports_the_automatic_fix if {
	target := examples.combined([examples.workload("Deployment", {"containers": [examples.container]})])
	found := seccomp.deny with input as target
	path := "/spec/template/spec/containers/0/securityContext/seccompProfile"
	assert.same(examples.autofixes(found), {path: {"set": {"type": "RuntimeDefault"}}})
}
