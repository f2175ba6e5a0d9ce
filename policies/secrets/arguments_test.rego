package rules.secrets.arguments_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.secrets.arguments

_accepted := [
	["--password-file=/run/password"],
	["--password=/run/password"],
	["--password=$(PASSWORD)"],
	["--token", "--verbose"],
	["--token-ttl", "3600"],
	["--tls-secret", "cart"],
	["--require-token=true"],
]

test_accepts_values_other_than_secrets if {
	every words in _accepted {
		assert.none(arguments.deny) with input as examples.server({"args": words})
		assert.none(arguments.warn) with input as examples.server({"args": words})
	}
}

test_denies_a_secret_and_does_not_repeat_it if {
	every words in [["--db-password=hunter2"], ["--db-password", "hunter2"], ["sh", "-c", "run --db-password 'hunter2'"]] {
		target := examples.server({"command": words})
		assert.messages(arguments.deny, {
			"Deployment/cart: container server runs command, which contains the value of --db-password",
		}) with input as target
		found := arguments.deny with input as target
		not contains(json.marshal(found), "hunter2")
	}
}

test_denies_an_option_without_a_prefix if {
	every word in ["--password=hunter2", "-token=hunter2", "--api-key=hunter2"] {
		assert.size(arguments.deny, 1) with input as examples.server({"args": [word]})
	}
}

_of_a_secret(name) := {"name": name, "valueFrom": {"secretKeyRef": {"name": "cart", "key": "value"}}}

test_accepts_expanding_a_value_other_than_a_secret if {
	level := {"name": "LEVEL", "valueFrom": {"configMapKeyRef": {"name": "cart", "key": "level"}}}
	target := examples.server({"args": ["--level=$(LEVEL)"], "env": [level, _of_a_secret("PASSWORD")]})
	assert.none(arguments.deny | arguments.warn) with input as target
}

test_warns_of_a_secret_that_is_expanded if {
	variable := _of_a_secret("PASSWORD")
	target := examples.server({"args": ["--password=$(PASSWORD)"], "env": [variable, {"name": "OTHER", "value": "1"}]})
	assert.messages(arguments.warn, {concat("", [
		"Deployment/cart: container server runs args, ",
		"which shows the secret PASSWORD in the list of processes",
	])}) with input as target
}
