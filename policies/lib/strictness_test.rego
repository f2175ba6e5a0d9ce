package lib.strictness_test

import data.lib.assert_test as assert
import data.lib.strictness

_in_shop := {"msg": "a", "resource": {"namespace": "shop"}}

_elsewhere := {"msg": "b", "resource": {"namespace": "else"}}

_strict := {"shop": ["conventions"]}

test_a_namespace_is_strict_by_matter if {
	findings := {_in_shop, _elsewhere}
	assert.same(strictness.denied("conventions", findings), {_in_shop}) with data.strict as _strict
	assert.same(strictness.warned("conventions", findings), {_elsewhere}) with data.strict as _strict
	assert.same(strictness.denied("placeholders", findings), set()) with data.strict as _strict
}

test_nothing_is_strict_without_the_table if {
	assert.same(strictness.denied("conventions", {_in_shop}), set())
	assert.same(strictness.warned("conventions", {_in_shop}), {_in_shop})
}
