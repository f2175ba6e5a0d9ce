package change.majors_test

import data.change.majors
import data.lib.assert_test as assert

_moves(pairs) := {"images": [{"service": service, "old": {"tag": pair[0]}, "new": {"tag": pair[1]}} |
	some service, pair in pairs
]}

test_accepts_one_major_version if {
	pairs := {"cart": ["1.5.0", "2.0.0"], "web": ["1.4.0", "1.5.0"], "other": ["a", "b"]}
	assert.none(majors.warn) with input as _moves(pairs)
}

test_warns_of_several_at_once if {
	messages := {body.msg | some body in majors.warn} with input as _moves({
		"cart": ["1.5.0", "2.0.0"],
		"web": ["2.0.0", "3.0.0"],
	})
	assert.same(messages, {"2 services change their major version at the same time: cart, web"})
}

test_warns_of_skipping_one if {
	messages := {body.msg | some body in majors.warn} with input as _moves({"cart": ["1.5.0", "3.0.0"]})
	assert.same(messages, {"cart: from 1.5.0 to 3.0.0 skips a major version"})
}
