package rules.pod_security.privilege_escalation_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.pod_security.privilege_escalation

test_accepts_false if {
	assert.none(privilege_escalation.deny) with input as examples.deployment({})
}

test_denies_true if {
	target := examples.server({"securityContext": {"allowPrivilegeEscalation": true}})
	assert.messages(privilege_escalation.deny, {concat("", [
		"Deployment/cart: container server can gain privileges: ",
		"allowPrivilegeEscalation is not false",
	])}) with input as target
}

test_denies_a_missing_setting_everywhere if {
	bad := examples.container_without("securityContext/allowPrivilegeEscalation")
	assert.same(examples.names(privilege_escalation.deny), examples.places) with input as examples.everywhere(bad)
}

test_denies_a_security_context_of_the_wrong_type if {
	assert.size(privilege_escalation.deny, 1) with input as examples.server({"securityContext": "strict"})
}

test_exempts_windows if {
	every os in [{"os": {"name": "windows"}}, {"nodeSelector": {"kubernetes.io/os": "windows"}}] {
		spec := object.union(os, {"containers": [{"name": "server"}]})
		assert.none(privilege_escalation.deny) with input as examples.deployment(spec)
	}
	linux := {"nodeSelector": {"kubernetes.io/os": "linux"}, "containers": [{"name": "server"}]}
	assert.size(privilege_escalation.deny, 1) with input as examples.deployment(linux)
}

test_reports_the_automatic_fix if {
	target := examples.server({"securityContext": {"allowPrivilegeEscalation": true}})
	found := privilege_escalation.deny with input as target
	path := "/spec/template/spec/containers/0/securityContext/allowPrivilegeEscalation"
	assert.same(examples.autofixes(found), {path: {"set": false}})
}
