package rules.pod_security.run_as_non_root_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.pod_security.run_as_non_root

test_accepts_the_setting_of_the_pod if {
	assert.none(run_as_non_root.deny) with input as examples.deployment({})
}

test_accepts_the_setting_of_each_container if {
	own := object.union(examples.container, {"securityContext": {"runAsNonRoot": true}})
	spec := {"containers": [own], "securityContext": {"runAsUser": 1001}}
	assert.none(run_as_non_root.deny) with input as examples.combined([examples.workload("Deployment", spec)])
}

test_denies_no_setting_of_pod_and_container if {
	spec := {"containers": [examples.container]}
	target := examples.combined([examples.workload("Deployment", spec)])
	assert.messages(run_as_non_root.deny, {concat("", [
		"Deployment/cart: container server may run as root: ",
		"neither the container nor its pod sets runAsNonRoot",
	])}) with input as target
}

test_denies_a_pod_that_may_be_root if {
	assert.messages(run_as_non_root.deny, {concat("", [
		"Deployment/cart: the pod may run as root: ",
		"runAsNonRoot is not true",
	])}) with input as examples.deployment({"securityContext": {"runAsNonRoot": false}})
}

test_denies_a_container_that_overrides_its_pod if {
	assert.messages(run_as_non_root.deny, {concat("", [
		"Deployment/cart: container server may run as root: ",
		"runAsNonRoot is not true",
	])}) with input as examples.server({"securityContext": {"runAsNonRoot": false}})
}

_levels contains object.get(found, "general", "deny") if some found in run_as_non_root.deny

_with(of_pod, of_container) := examples.combined([examples.workload("Deployment", spec)]) if {
	container := object.union(examples.container, {"securityContext": of_container})
	spec := {"containers": [container], "securityContext": of_pod}
}

test_only_warns_in_general_of_another_user if {
	assert.same(_levels, {"deny"}) with input as _with({}, {})
	assert.same(_levels, {"deny"}) with input as _with({"runAsUser": 0}, {})
	assert.same(_levels, {"warn"}) with input as _with({"runAsUser": 472}, {})
	assert.same(_levels, {"warn"}) with input as _with({}, {"runAsUser": 472})
	assert.same(_levels, {"deny"}) with input as _with({"runAsUser": 472}, {"runAsUser": 0})
	overridden := _with({"runAsUser": 472, "runAsNonRoot": false}, {"runAsNonRoot": true})
	assert.same(_levels, {"warn"}) with input as overridden
}

test_denies_everywhere if {
	bad := object.union(examples.container, {"securityContext": {"runAsNonRoot": "true"}})
	assert.same(examples.names(run_as_non_root.deny), examples.places) with input as examples.everywhere(bad)
}

test_accepts_root_of_an_own_user_namespace if {
	target := examples.deployment({"hostUsers": false, "securityContext": {"runAsNonRoot": false}})
	assert.none(run_as_non_root.deny) with input as target
	silent := {"hostUsers": false, "containers": [{"name": "server"}]}
	assert.none(run_as_non_root.deny) with input as examples.combined([examples.workload("Pod", silent)])
}

test_reports_the_automatic_fix if {
	target := examples.deployment({
		"securityContext": {"runAsNonRoot": false},
		"containers": [object.union(examples.container, {"securityContext": {"runAsNonRoot": false}})],
	})
	found := run_as_non_root.deny with input as target
	assert.same(examples.autofixes(found), {
		"/spec/template/spec/securityContext/runAsNonRoot": {"set": true},
		"/spec/template/spec/containers/0/securityContext/runAsNonRoot": {"set": true},
	})
}
