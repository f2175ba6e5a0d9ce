package rules.workloads.service_account_token_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.workloads.service_account_token

_account := {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "cart", "namespace": "shop"}}

_spec := object.union(
	json.remove(examples.pod_spec, ["automountServiceAccountToken"]),
	{"serviceAccountName": "cart"},
)

_pod := examples.workload("Deployment", _spec)

test_accepts_a_pod_that_refuses if {
	assert.none(service_account_token.deny) with input as examples.deployment({})
}

test_accepts_an_account_that_refuses if {
	account := object.union(_account, {"automountServiceAccountToken": false})
	assert.none(service_account_token.deny) with input as examples.combined([_pod, account])
}

test_denies_an_account_that_does_not if {
	assert.messages(service_account_token.deny, {
		"Deployment/cart: the pod mounts the API token of ServiceAccount cart",
	}) with input as examples.combined([_pod, _account])
}

test_denies_a_pod_that_overrides_its_account if {
	account := object.union(_account, {"automountServiceAccountToken": false})
	pod := examples.workload("Deployment", object.union(_spec, {"automountServiceAccountToken": true}))
	assert.size(service_account_token.deny, 1) with input as examples.combined([pod, account])
}

test_does_not_ask_another_namespaces_account if {
	account := object.union(_account, {"automountServiceAccountToken": false, "metadata": {"namespace": "else"}})
	assert.size(service_account_token.deny, 1) with input as examples.combined([_pod, account])
}

test_does_not_ask_another_account if {
	other := object.union(_account, {"automountServiceAccountToken": false, "metadata": {"name": "web"}})
	assert.size(service_account_token.deny, 1) with input as examples.combined([_pod, other])
}

test_denies_a_missing_setting_in_every_kind if {
	target := examples.every_kind(json.remove(examples.pod_spec, ["automountServiceAccountToken"]))
	assert.same(examples.names(service_account_token.deny), examples.kinds) with input as target
}

test_accepts_what_the_table_explains if {
	table := {"shop": {"cart": {"token": "counts carts"}}}
	target := examples.combined([_pod])
	assert.none(service_account_token.deny) with input as target with data.service_accounts as table
}

test_reports_the_automatic_fix if {
	found := service_account_token.deny with input as examples.combined([_pod])
	assert.same(examples.autofixes(found), {"/spec/template/spec/automountServiceAccountToken": {"set": false}})
}

test_names_the_account_of_those_that_name_none if {
	spec := json.remove(examples.pod_spec, ["automountServiceAccountToken"])
	assert.messages(service_account_token.deny, {
		"Deployment/cart: the pod mounts the API token of ServiceAccount default",
	}) with input as examples.combined([examples.workload("Deployment", spec)])
}

test_reads_the_deprecated_field if {
	spec := object.union(json.remove(_spec, ["serviceAccountName"]), {"serviceAccount": "cart"})
	account := object.union(_account, {"automountServiceAccountToken": false})
	pod := examples.workload("Deployment", spec)
	assert.none(service_account_token.deny) with input as examples.combined([pod, account])
	assert.messages(service_account_token.deny, {
		"Deployment/cart: the pod mounts the API token of ServiceAccount cart",
	}) with input as examples.combined([pod])
}
