package rules.secrets.literal_values_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.secrets.literal_values

_variable(name, value) := examples.server({"env": [{"name": name, "value": value}]})

_config(data_) := examples.combined([
	examples.resource("v1", "ConfigMap", "cart", {"data": data_}),
	examples.resource("bitnami.com/v1alpha1", "SealedSecret", "cart-tls", {}),
])

test_accepts_references if {
	references := examples.server({"env": [
		{"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "cart", "key": "password"}}},
		{"name": "PASSWORD_FILE", "value": "/run/password"},
		{"name": "TOKEN", "value": "$(PASSWORD)"},
		{"name": "LEVEL", "value": "info"},
	]})
	assert.none(literal_values.deny) with input as references
	assert.none(literal_values.deny) with input as _config({"TLS_SECRET": "cart-tls", "token": "/run/token"})
}

test_accepts_nothing_and_the_key_of_a_named_secret if {
	assert.none(literal_values.deny) with input as _config({"password": "", "token": " "})
	assert.none(literal_values.deny) with input as _config({"api-secret-name": "other", "api-secret-key": "token"})
	assert.size(literal_values.deny, 1) with input as _config({"web-secret-name": "other", "api-secret-key": "token"})
}

test_accepts_the_name_of_any_source_of_a_secret if {
	setting := examples.resource("v1", "ConfigMap", "cart", {"data": {"TLS_SECRET": "shop-tls"}})
	makers := {
		"Secret": "v1",
		"SealedSecret": "bitnami.com/v1alpha1",
		"ExternalSecret": "external-secrets.io/v1",
	}
	every kind, version in makers {
		maker := examples.resource(version, kind, "shop-tls", {})
		assert.none(literal_values.deny) with input as examples.combined([setting, maker])
	}
	other := examples.resource("v1", "Service", "shop-tls", {})
	assert.size(literal_values.deny, 1) with input as examples.combined([setting, other])
}

test_denies_a_literal_variable_and_does_not_repeat_it if {
	target := _variable("DB_PASSWORD", "hunter2")
	assert.messages(literal_values.deny, {concat("", [
		"Deployment/cart: container server sets DB_PASSWORD, ",
		"a secret according to its name, to a literal value",
	])}) with input as target
	found := literal_values.deny with input as target
	not contains(json.marshal(found), "hunter2")
}

test_denies_it_in_every_container if {
	found := literal_values.deny with input as examples.everywhere(object.union(
		examples.container,
		{"env": [{"name": "API_KEY", "value": "hunter2"}]},
	))
	assert.same(examples.names(found), examples.places)
}

test_denies_a_literal_setting if {
	assert.messages(literal_values.deny, {
		"ConfigMap/cart: holds jwtSecret, a secret according to its name, to a literal value",
	}) with input as _config({"jwtSecret": "hunter2"})
}

test_warns_of_lines_in_files if {
	file := concat("\n", [
		"user = cart",
		"password = hunter2",
		"  \"apiKey\": \"hunter2\",",
		"export SIGNING_KEY=hunter2",
		"",
	])
	assert.messages(literal_values.warn, {
		"ConfigMap/cart: holds app.conf, in which some lines look like secrets: SIGNING_KEY, apiKey, password",
	}) with input as _config({"app.conf": file})
}

test_warns_of_one_short_line if {
	assert.messages(literal_values.warn, {
		"ConfigMap/cart: holds app.conf, in which some lines look like secrets: pin_token",
	}) with input as _config({"app.conf": "pin_token = 123"})
	assert.none(literal_values.warn) with input as _config({"app.conf": "pin_token = 12"})
}

test_accepts_lines_that_only_refer if {
	file := concat("\n", [
		"password = ${PASSWORD}",
		"password=\"$(cat /run/password)\"",
		"password: /run/password",
		"password_file: secret",
		"require_token: true",
		"token = read(file)",
	])
	assert.none(literal_values.warn) with input as _config({"app.conf": file})
}

_sealed := concat("\n", [
	"---",
	"apiVersion: bitnami.com/v1alpha1",
	"kind: SealedSecret",
	"spec:",
	"  encryptedData:",
	"    PASSWORD: AgBy3i4OJSWK",
	"",
])

test_accepts_a_sealed_file if {
	assert.none(literal_values.warn) with input as _config({"cart.yaml": _sealed})
}

test_warns_of_what_is_not_encrypted_in_a_sealed_file if {
	every more in ["---\npassword: hunter2\n", "  template:\n    data:\n      password: hunter2\n"] {
		found := literal_values.warn with input as _config({"cart.yaml": concat("", [_sealed, more])})
		count(found) == 1
	}
}
