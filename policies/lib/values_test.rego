package lib.values_test

import data.lib.assert_test as assert
import data.lib.values

test_reads_what_is_there if {
	assert.same(values.map({"a": 1}), {"a": 1})
	assert.same(values.list([1]), [1])
	assert.same(values.text("a"), "a")
	assert.same(values.at({"a": {"b": 1}}, ["a", "b"]), 1)
}

test_reads_nothing_where_the_type_is_wrong if {
	every wrong in [null, 7, true] {
		assert.same(values.map(wrong), {})
		assert.same(values.list(wrong), [])
		assert.same(values.text(wrong), "")
		assert.same(values.at(wrong, ["a"]), null)
	}
	assert.same(values.map("a"), {})
	assert.same(values.list({"a": 1}), [])
	assert.same(values.text(["a"]), "")
	assert.same(values.at({"a": "b"}, ["a", "b"]), null)
}

test_takes_a_text_apart if {
	assert.same(values.groups(`^(a+)-(b*)`, "aa-"), ["aa-", "aa", ""])
	not values.groups(`^(a+)-(b*)`, "b")
}
