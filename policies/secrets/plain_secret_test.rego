package rules.secrets.plain_secret_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.secrets.plain_secret

_secret(values) := examples.combined([examples.resource("v1", "Secret", "cart", values)])

test_accepts_a_secret_without_values if {
	assert.none(plain_secret.deny) with input as _secret({"data": {}, "stringData": null})
}

test_accepts_files_without_a_secret if {
	config := "global:\n  resolve_timeout: 5m\nroute: {receiver: Default}\n"
	every name in ["alertmanager.yaml", "grafana.ini", "config.json"] {
		assert.none(plain_secret.deny) with input as _secret({"stringData": {name: config}})
		assert.none(plain_secret.deny) with input as _secret({"data": {name: base64.encode(config)}})
	}
	certificate := "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
	assert.none(plain_secret.deny) with input as _secret({"stringData": {"ca.crt": certificate}})
	assert.none(plain_secret.deny) with input as _secret({"stringData": {"key": ""}, "data": {"other": null}})
}

_encrypted := "ENC[AES256_GCM,data:cXdl,iv:YQ==,tag:Yg==,type:str]"

test_accepts_what_sops_has_encrypted if {
	assert.none(plain_secret.deny) with input as _secret({"data": {"password": _encrypted}})
	assert.none(plain_secret.deny) with input as _secret({"stringData": {"password": _encrypted}})
	file := base64.encode(sprintf("password: %s\nsops: {mac: a}\n", [_encrypted]))
	assert.none(plain_secret.deny) with input as _secret({"data": {"app.yaml": file, "license": file}})
	some_values := {"password": _encrypted, "token": "hunter2"}
	assert.size(plain_secret.deny, 1) with input as _secret({"stringData": some_values})
}

test_denies_files_with_a_secret if {
	every text in [
		"smtp:\n  password: hunter2\n",
		`{"a": 1, "apiToken": "abcdef"}`,
		"url: https://me:hunter2@example.com",
		"-----BEGIN RSA PRIVATE KEY-----\nMIIB",
	] {
		assert.size(plain_secret.deny, 1) with input as _secret({"stringData": {"app.yaml": text}})
	}
	assert.size(plain_secret.deny, 1) with input as _secret({"stringData": {"password.yaml": "a: b"}})
	assert.size(plain_secret.deny, 1) with input as _secret({"stringData": {"license": "a: b"}})
	assert.size(plain_secret.deny, 1) with input as _secret({"data": {"app.yaml": "not base64!"}})
	pair := "-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n"
	assert.size(plain_secret.deny, 1) with input as _secret({"stringData": {"tls": pair}})
	assert.size(plain_secret.deny, 1) with input as _secret({"stringData": {"license": 5}})
}

test_accepts_a_sealed_secret if {
	sealed := examples.resource("bitnami.com/v1alpha1", "SealedSecret", "cart", {"spec": {"encryptedData": {"a": "b"}}})
	assert.none(plain_secret.deny) with input as examples.combined([sealed])
}

test_denies_values_and_does_not_repeat_them if {
	target := _secret({"data": {"key": "aHVudGVyMg=="}, "stringData": {"key": "hunter2"}})
	assert.messages(plain_secret.deny, {
		"Secret/cart: contains values in data",
		"Secret/cart: contains values in stringData",
	}) with input as target
	found := plain_secret.deny with input as target
	not contains(json.marshal(found), "hunter2")
}

test_denies_a_secret_in_a_list if {
	secret := examples.resource("v1", "Secret", "cart", {"data": {"key": "aHVudGVyMg=="}})
	list := {"apiVersion": "v1", "kind": "SecretList", "items": [secret]}
	assert.size(plain_secret.deny, 1) with input as examples.combined([list])
}
