package rules.workloads.service_account_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.workloads.service_account

_strict := {"shop": ["conventions"]}

_owned := examples.deployment({"serviceAccountName": "cart"})

_workload(name, labels) := examples.resource("apps/v1", "Deployment", name, {"spec": {"template": {
	"metadata": {"labels": labels},
	"spec": {"serviceAccountName": "cart"},
}}})

test_accepts_an_account_of_ones_own if {
	assert.none(service_account.deny) with input as _owned with data.strict as _strict
}

test_accepts_sharing_within_an_application if {
	target := examples.combined([
		_workload("cart", {"app": "cart"}),
		_workload("cart-green", {"app": "cart"}),
		_workload("unlabelled", {}),
	])
	assert.none(service_account.deny) with input as target with data.strict as _strict
}

test_denies_the_account_default if {
	every spec in [{}, {"serviceAccountName": "default"}, {"serviceAccountName": null}] {
		assert.messages(service_account.deny, {
			"Deployment/cart: the pod uses the ServiceAccount default",
		}) with input as examples.deployment(spec) with data.strict as _strict
	}
}

test_denies_sharing_between_applications if {
	target := examples.combined([_workload("cart", {"app": "cart"}), _workload("web", {"app": "web"})])
	assert.messages(service_account.deny, {
		"Deployment/cart: the pod shares the ServiceAccount cart with web",
		"Deployment/web: the pod shares the ServiceAccount cart with cart",
	}) with input as target with data.strict as _strict
}

test_names_few_of_many if {
	target := examples.combined([_workload(name, {"app": name}) |
		some number in numbers.range(1, 40)
		name := sprintf("cart-%d", [number + 100])
	])
	found := examples.messages(service_account.deny) with input as target with data.strict as _strict
	assert.size(found, 40)
	named := "cart-101, cart-102, cart-103, cart-104, cart-105, others"
	sprintf("Deployment/cart-140: the pod shares the ServiceAccount cart with %s", [named]) in found
}

test_warns_elsewhere if {
	assert.size(service_account.warn, 1) with input as examples.deployment({})
	assert.none(service_account.deny) with input as examples.deployment({})
}

test_does_not_warn_where_strict if {
	assert.none(service_account.warn) with input as examples.deployment({}) with data.strict as _strict
}

test_denies_the_account_default_once_where_it_is_shared if {
	target := array.concat(examples.deployment({}), examples.combined([examples.caller("web", [])]))
	assert.messages(service_account.deny, {
		"Deployment/cart: the pod uses the ServiceAccount default",
		"Deployment/web: the pod uses the ServiceAccount default",
	}) with input as target with data.strict as _strict
}

test_names_all_others_by_the_recommended_label if {
	names := ["cart", "shop", "web"]
	target := examples.combined([_workload(name, {"app.kubernetes.io/name": name}) | some name in names])
	found := examples.messages(service_account.deny) with input as target with data.strict as _strict
	assert.same(found, {
		"Deployment/cart: the pod shares the ServiceAccount cart with shop, web",
		"Deployment/shop: the pod shares the ServiceAccount cart with cart, web",
		"Deployment/web: the pod shares the ServiceAccount cart with cart, shop",
	})
}

test_reads_the_deprecated_field if {
	owned := examples.deployment({"serviceAccount": "cart"})
	assert.none(service_account.deny) with input as owned with data.strict as _strict
	unowned := examples.deployment({"serviceAccount": "default"})
	found := service_account.deny with input as unowned with data.strict as _strict
	assert.same({one.path | some one in found}, {"/spec/template/spec/serviceAccount"})
}
