# METADATA
# title: Assertions
# description: |
#   Comparisons for tests. One that fails prints the difference, which `opa test` shows together with the failed test.
#   The name of the package ends in _test so that only tests load it.
package lib.assert_test

# The messages of findings are these and no others.
messages(findings, expected) if {
	same({finding.msg | some finding in findings}, expected)
} else := false

# There are no findings.
none(findings) if {
	size(findings, 0)
} else := false

# There are this many findings. Prints them all, because the number alone does not show which of them is wrong.
size(findings, expected) if count(findings) == expected

size(findings, expected) := false if {
	count(findings) != expected

	# regal ignore:print-or-trace-call
	print("expected:", expected, "found:", count(findings), _lines(findings))
}

# Both values are the same. Of two sets, only the members that differ are printed.
same(actual, expected) if actual == expected

same(actual, expected) := false if {
	actual != expected

	# regal ignore:print-or-trace-call
	print(_difference(actual, expected))
}

_difference(actual, expected) := sprintf("missing:%s\nunexpected:%s", [
	_lines(expected - actual),
	_lines(actual - expected),
]) if {
	is_set(actual)
	is_set(expected)
} else := sprintf("expected: %v\nactual:   %v", [expected, actual])

_lines(found) := " nothing" if count(found) == 0

_lines(found) := concat("", [sprintf("\n  %v", [value]) | some value in found]) if count(found) > 0

test_equal_values_pass if {
	same({"a", "b"}, {"b", "a"})
	same([1], [1])
	messages({{"msg": "a"}}, {"a"})
	size({"a", "b"}, 2)
	none(set())
}

test_other_values_fail if {
	same({"a"}, {"b"}) == false
	same([1], [2]) == false
	messages({{"msg": "a"}}, {"a", "b"}) == false
	messages({{"msg": "a"}, {"msg": "b"}}, {"a"}) == false
	size({"a", "b"}, 1) == false
	none({"a"}) == false
}

test_the_difference_of_sets_names_the_members_that_differ if {
	_difference({"a", "b"}, {"b", "c", "d"}) == "missing:\n  c\n  d\nunexpected:\n  a"
	_difference({"a"}, {"a", "b"}) == "missing:\n  b\nunexpected: nothing"
}

test_the_difference_of_other_values_shows_both if {
	_difference([1], {"a"}) == "expected: {\"a\"}\nactual:   [1]"
}
