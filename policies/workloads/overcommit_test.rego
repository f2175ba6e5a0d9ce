package rules.workloads.overcommit_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.workloads.overcommit

_table := {"shop": {"cpu": 10, "memory": 2}}

test_accepts_what_the_table_allows if {
	assert.none(overcommit.warn) with input as examples.deployment({}) with data.overcommit as _table
	silent := examples.deployment({"containers": [examples.container_without("resources")]})
	assert.none(overcommit.warn) with input as silent with data.overcommit as _table
}

test_accepts_what_is_equal_on_paper if {
	target := examples.server({"resources": {"requests": {"cpu": "20m"}, "limits": {"cpu": "200m"}}})
	assert.none(overcommit.warn) with input as target with data.overcommit as _table
}

test_accepts_anything_where_the_table_says_nothing if {
	target := examples.server({"resources": {"limits": {"cpu": "100"}}})
	assert.none(overcommit.warn) with input as target with data.overcommit as {"web": {"cpu": 1}}
}

test_warns_of_limits_that_are_too_many_requests if {
	target := examples.server({"resources": {"limits": {"cpu": "1.05", "memory": "268435457"}}})
	assert.messages(overcommit.warn, {
		"Deployment/cart: container server may use 10.5 times the cpu that it requests; the table allows 10",
		"Deployment/cart: container server may use 2 times the memory that it requests; the table allows 2",
	}) with input as target with data.overcommit as _table
}

test_warns_in_every_list_but_ephemeral if {
	found := overcommit.warn with input as examples.everywhere(examples.container)
		with data.overcommit as {"shop": {"cpu": 9}}
	lists := {list | some each in found; some list in examples.container_lists; contains(each.path, list)}
	assert.same(lists, {"containers", "initContainers"})
}

test_warns_of_what_a_limit_range_fills_in if {
	limits := examples.resource("v1", "LimitRange", "all", {"spec": {"limits": [{
		"type": "Container",
		"default": {"cpu": "2"},
		"defaultRequest": {"cpu": "100m"},
	}]}})
	bare := examples.deployment({"containers": [examples.container_without("resources")]})
	target := array.concat(bare, examples.combined([limits]))
	assert.messages(overcommit.warn, {
		"Deployment/cart: container server may use 20 times the cpu that it requests; the table allows 10",
	}) with input as target with data.overcommit as _table
}

test_warns_of_a_thousandth_more if {
	target := examples.server({"resources": {"limits": {"cpu": "1001m"}}})
	assert.size(overcommit.warn, 1) with input as target with data.overcommit as _table
}
