package rules.documents.names_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.documents.names

_named(version, kind, name) := examples.combined([examples.resource(version, kind, name, {})])

_long(number) := concat("", ["a" | some _ in numbers.range(1, number)])

_odd := "has invalid characters, or starts or ends with a hyphen or dot"

test_accepts_names if {
	every name in ["cart", "a", "0", "9", "cart.shop", "c-4.rt-5", _long(253)] {
		assert.none(names.deny) with input as _named("v1", "ConfigMap", name)
	}
	assert.none(names.deny) with input as _named("v1", "Service", _long(63))
	assert.none(names.deny) with input as _named("apps/v1", "StatefulSet", _long(52))
	assert.none(names.deny) with input as _named("batch/v1", "CronJob", _long(52))
	assert.none(names.deny) with input as _named("batch/v1", "Job", _long(63))
}

test_accepts_what_is_free if {
	assert.none(names.deny) with input as _named("rbac.authorization.k8s.io/v1", "ClusterRole", "system:Cart")
	assert.none(names.deny) with input as _named("user.openshift.io/v1", "User", "Kim:Lee")
	assert.none(names.deny) with input as examples.combined([{"kind": "Job", "metadata": {"generateName": "A"}}])
}

test_denies_odd_names if {
	every name in ["Cart", "cart_shop", "-cart", "cart-", ".cart", "cart..shop", "cart:1"] {
		assert.messages(names.deny, {
			sprintf("ConfigMap/%s: its name %s", [name, _odd]),
		}) with input as _named("v1", "ConfigMap", name)
	}
	every kind in ["Namespace", "Service"] {
		assert.messages(names.deny, {
			sprintf("%s/cart.shop: its name %s", [kind, _odd]),
		}) with input as _named("v1", kind, "cart.shop")
	}
}

test_denies_long_names if {
	every entry in [
		["v1", "ConfigMap", 253],
		["v1", "Service", 63],
		["v1", "Namespace", 63],
		["apps/v1", "StatefulSet", 52],
		["batch/v1", "CronJob", 52],
		["batch/v1", "Job", 63],
	] {
		[version, kind, most] := entry
		name := _long(most + 1)
		assert.messages(names.deny, {
			sprintf("%s/%s: its name has %d characters, more than %d", [kind, name, most + 1, most]),
		}) with input as _named(version, kind, name)
	}
}

test_denies_a_long_name_for_its_length_alone if {
	odd := concat("", ["A", _long(62)])
	assert.messages(names.deny, {
		sprintf("Service/%s: its name %s", [odd, _odd]),
	}) with input as _named("v1", "Service", odd)
	assert.messages(names.deny, {
		sprintf("Service/%sa: its name has 64 characters, more than 63", [odd]),
	}) with input as _named("v1", "Service", concat("", [odd, "a"]))
}

test_denies_odd_names_of_containers_and_volumes if {
	assert.messages(names.deny, {
		sprintf("Deployment/cart: container the_cart has a name that %s", [_odd]),
		sprintf("Deployment/cart: the name of volume the.tmp %s", [_odd]),
	}) with input as examples.deployment({
		"containers": [{"name": "the_cart"}, {"name": _long(63)}, {}],
		"volumes": [{"name": "the.tmp"}, {"name": "tmp"}],
	})
}

_ports(name) := examples.server({"ports": [{"containerPort": 1}, {"containerPort": 80, "name": name}]})

test_denies_odd_names_of_ports if {
	every name in ["http", "h2c-1", "a", _long(15)] {
		assert.none(names.deny) with input as _ports(name)
	}
	every name in ["HTTP", "8080", "http--1", "http_1", _long(16)] {
		assert.messages(names.deny, {
			sprintf("Deployment/cart: container server has the invalid port name %s", [name]),
		}) with input as _ports(name)
	}
}

test_denies_odd_keys if {
	every kind, field in {"ConfigMap": "binaryData", "Secret": "stringData"} {
		every key in ["a/b", "..a", ".", "a b", "", _long(254)] {
			good := {"A_b-c.d": "", ".e": "", "9": "", "a": ""}
			content := {"data": good, field: object.union(good, {key: ""})}
			target := examples.combined([examples.resource("v1", kind, "cart", content)])
			assert.messages(names.deny, {
				sprintf("%s/cart: has the key %s, which is not a valid file name", [kind, key]),
			}) with input as target
		}
	}
}

test_denies_odd_keys_of_data if {
	assert.messages(names.deny, {
		"Secret/cart: has the key a b, which is not a valid file name",
	}) with input as examples.combined([examples.resource("v1", "Secret", "cart", {"data": {"a b": ""}})])
}
