# METADATA
# title: Versions
# description: Compares image tags. Undefined for tags with different formats.
package lib.versions

import data.lib.values

# The numbers of a tag such as 1.5, v1.5.0 or 8.4-alpine, and the text after them.
parse(tag) := {"numbers": array.slice(array.concat(given, [0, 0]), 0, 3), "rest": rest} if {
	[_, head, rest] := values.groups(`^v?([0-9]+(?:\.[0-9]+){0,2})([-+].*)?$`, tag)
	given := [to_number(number) | some number in split(head, ".")]
}

# Whether the tag `new` is certainly older than `old`.
is_older(new, old) if {
	a := parse(new)
	b := parse(old)
	_are_comparable(a, b)
	a.numbers < b.numbers
}

is_older(new, old) if {
	a := parse(new)
	b := parse(old)
	a.numbers == b.numbers
	semver.compare(new, old) < 0
}

_are_comparable(a, b) if a.rest == b.rest

# A release candidate and its release can be compared. -alpine and -debian cannot.
_are_comparable(a, b) if {
	some version in [a, b]
	version.rest == ""
}

major(tag) := parse(tag).numbers[0]
