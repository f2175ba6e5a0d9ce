package rules.secrets.placeholders_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.secrets.placeholders

_variable(value) := examples.server({"env": [{"name": "LEVEL", "value": value}]})

_ingress(host) := examples.combined([examples.resource("networking.k8s.io/v1", "Ingress", "cart", {
	"spec": {"rules": [{"host": host}]},
})])

_strict := {"shop": ["placeholders"]}

test_accepts_real_values if {
	every value in ["info", "an example of todo", "exchange-mechanism", "http://cart/todo", "xx"] {
		assert.none(placeholders.deny) with input as _variable(value) with data.strict as _strict
		assert.none(placeholders.warn) with input as _variable(value)
	}
	assert.none(placeholders.deny) with input as _ingress("shop.contest") with data.strict as _strict
}

test_denies_placeholders_where_people_depend_on_it if {
	every value in ["changeme", "CHANGE-ME", "todo", "xxx", "<password>", "a=your-password-here", "example"] {
		assert.messages(placeholders.deny, {
			"Deployment/cart: container server sets LEVEL, which is a placeholder",
		}) with input as _variable(value) with data.strict as _strict
		assert.none(placeholders.warn) with input as _variable(value) with data.strict as _strict
	}
}

test_denies_placeholder_hosts if {
	every host in ["shop.example.com", "example.org", "shop.example", "shop.test", "localhost"] {
		assert.messages(placeholders.deny, {
			sprintf("Ingress/cart: serves %s, which is a placeholder", [host]),
		}) with input as _ingress(host) with data.strict as _strict
	}
	route := examples.combined([examples.resource("gateway.networking.k8s.io/v1", "HTTPRoute", "cart", {
		"spec": {"hostnames": ["shop.test"]},
	})])
	assert.size(placeholders.deny, 1) with input as route with data.strict as _strict
}

test_accepts_hosts_that_the_outside_does_not_see if {
	entry := examples.resource("example.net/v1", "Entry", "cart", {"spec": {"rules": [{"host": "shop.test"}]}})
	assert.none(placeholders.deny | placeholders.warn) with input as examples.combined([entry])
}

test_warns_elsewhere if {
	every table in [{}, {"shop": ["conventions"]}] {
		assert.messages(placeholders.warn, {
			"Deployment/cart: container server sets LEVEL, which is a placeholder",
		}) with input as _variable("changeme") with data.strict as table
		assert.none(placeholders.deny) with input as _variable("changeme") with data.strict as table
	}
}
