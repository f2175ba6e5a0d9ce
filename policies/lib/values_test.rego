package lib.values_test

import data.lib.values

test_reads_what_is_there if {
	values.map({"a": 1}) == {"a": 1}
	values.list([1]) == [1]
	values.text("a") == "a"
	values.at({"a": {"b": 1}}, ["a", "b"]) == 1
}

test_reads_nothing_where_the_type_is_wrong if {
	every wrong in [null, 7, true] {
		values.map(wrong) == {}
		values.list(wrong) == []
		values.text(wrong) == ""
		values.at(wrong, ["a"]) == null
	}
	values.map("a") == {}
	values.list({"a": 1}) == []
	values.text(["a"]) == ""
	values.at({"a": "b"}, ["a", "b"]) == null
}

test_takes_a_text_apart if {
	values.groups(`^(a+)-(b*)`, "aa-") == ["aa-", "aa", ""]
	not values.groups(`^(a+)-(b*)`, "b")
}
