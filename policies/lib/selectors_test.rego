package lib.selectors_test

import data.lib.assert_test as assert
import data.lib.selectors

_labels := {"app": "cart", "tier": "back"}

_expression(operator, key, allowed) := {"matchExpressions": [{"key": key, "operator": operator, "values": allowed}]}

test_empty_selectors_select_everything if {
	every empty in [{}, null, {"matchLabels": {}}, {"matchExpressions": []}, {"matchLabels": null}] {
		selectors.is_empty(empty)
		selectors.matches(empty, _labels)
	}
}

test_labels_must_all_match if {
	selectors.matches({"matchLabels": {"app": "cart", "tier": "back"}}, _labels)
	not selectors.matches({"matchLabels": {"app": "cart", "tier": "front"}}, _labels)
	not selectors.matches({"matchLabels": {"zone": "a"}}, _labels)
	not selectors.is_empty({"matchLabels": {"app": "cart"}})
}

test_expressions_that_hold if {
	every selector in [
		_expression("In", "app", ["cart", "web"]),
		_expression("NotIn", "app", ["web"]),
		_expression("NotIn", "zone", ["a"]),
		_expression("Exists", "app", []),
		_expression("DoesNotExist", "zone", []),
	] {
		selectors.matches(selector, _labels)
		not selectors.is_empty(selector)
	}
}

test_expressions_that_do_not_hold if {
	every selector in [
		_expression("In", "app", ["web"]),
		_expression("In", "zone", ["a"]),
		_expression("NotIn", "app", ["cart"]),
		_expression("Exists", "zone", []),
		_expression("DoesNotExist", "app", []),
		_expression("Near", "app", []),
	] {
		not selectors.matches(selector, _labels)
	}
}

test_knows_the_labels_it_looks_at if {
	assert.same(
		selectors.keys(object.union({"matchLabels": {"app": "cart"}}, _expression("Exists", "tier", []))),
		{"app", "tier"},
	)
	assert.same(selectors.keys({}), set())
}
