package lib.verdict_test

import data.lib.assert_test as assert
import data.lib.verdict

_rules := {"shop": {"carts": {"deny": {{"msg": "is wrong"}}, "warn": {{"msg": "is doubtful"}}}}}

test_adds_the_rules_id if {
	assert.same(verdict.denied, {{"msg": "is wrong", "rule": "shop.carts"}}) with data.rules as _rules
		with input as [] with data.target as {"tables": []}
	assert.same(verdict.warned, {{"msg": "is doubtful", "rule": "shop.carts"}}) with data.rules as _rules
		with input as []
}

test_denies_what_would_make_rules_blind if {
	found := verdict.denied with data.rules as {} with input as {} with data.target as {"tables": ["flows"]}
		with data.flows as false
	assert.same({[one.rule, one.msg] | some one in found}, {
		["main.input", "the input is not a list of documents"],
		["main.tables", "the table flows is missing"],
	})
}
