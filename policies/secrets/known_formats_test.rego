package rules.secrets.known_formats_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.secrets.known_formats

_config(text) := examples.combined([examples.resource("v1", "ConfigMap", "cart", {"data": {"file": text}})])

_chars(number) := substring("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 0, number)

_json := concat("", ["eyJ", _chars(10)])

# The shortest examples. They are concatenated here, so that scanners do not report this file as a leak.
_credentials := {
	"a GitHub token": concat("", ["ghp_", _chars(36)]),
	"a GitLab token": concat("", ["glpat-", _chars(20)]),
	"a Google API key": concat("", ["AIza", _chars(35)]),
	"a JSON Web Token": concat(".", [_json, _json, _chars(10)]),
	"a Slack token": concat("", ["xoxb-", _chars(10)]),
	"a Stripe key": concat("", ["sk_live_", _chars(16)]),
	"a private key": concat("", ["-----BEGIN RSA ", "PRIVATE KEY-----\nMII"]),
	"an AWS access key": concat("", ["AKIA", _chars(16)]),
	"an address with a password": "amqp://cart:hunter2@rabbitmq:5672",
	"an npm token": concat("", ["npm_", _chars(36)]),
}

test_denies_every_form_and_does_not_repeat_it if {
	every name, text in _credentials {
		target := _config(sprintf("before %s after", [text]))
		assert.messages(known_formats.deny, {
			sprintf("ConfigMap/cart: holds file, which contains %s", [name]),
		}) with input as target
		found := known_formats.deny with input as target
		not contains(json.marshal(found), text)
	}
}

test_denies_every_kind_of_git_hub_token if {
	every text in [concat("", ["ghs_", _chars(36)]), concat("", ["github_pat_", _chars(22)])] {
		assert.size(known_formats.deny, 1) with input as _config(text)
	}
}

test_denies_variables_and_commands if {
	address := "redis://:hunter2@redis"
	assert.messages(known_formats.deny, {
		"Deployment/cart: container server sets URL, which contains an address with a password",
		"Deployment/cart: container server runs args, which contains an address with a password",
	}) with input as examples.server({"env": [{"name": "URL", "value": address}], "args": ["--url", address]})
}

test_denies_a_password_before_a_number if {
	assert.size(known_formats.deny, 1) with input as _config("redis://:hunter2@0.0.0.0:6379")
}

test_accepts_addresses_whose_password_comes_from_elsewhere if {
	every text in [
		"amqp://cart@rabbitmq",
		"amqp://$(USER):$(PASSWORD)@rabbitmq",
		"amqp://cart:${PASSWORD}@rabbitmq",
		"http://cart:8080/a@b",
		"-----BEGIN CERTIFICATE-----",
		"mail@shop.example: see https://shop.example",
	] {
		assert.none(known_formats.deny) with input as _config(text)
	}
}
