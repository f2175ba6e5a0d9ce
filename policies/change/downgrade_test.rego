package change.downgrade_test

import data.change.downgrade
import data.lib.assert_test as assert

_move(old, new, rolled_back) := {"to": "production", "images": [{
	"service": "cart",
	"old": {"tag": old},
	"new": {"tag": new},
	"rolled_back": rolled_back,
}]}

test_accepts_going_forward_and_what_cannot_be_compared if {
	every pair in [["1.4.2", "1.5.0"], ["1.5.0", "1.5.0"], ["1.5.0", "nightly"], ["latest", "1.5.0"]] {
		assert.none(downgrade.deny) with input as _move(pair[0], pair[1], false)
	}
}

test_accepts_a_rollback if {
	assert.none(downgrade.deny) with input as _move("1.5.0", "1.4.2", true)
}

test_denies_going_back if {
	assert.same(downgrade.deny, {{
		"msg": "cart: 1.4.2 is older than the current version 1.5.0",
		"fix": "use `promote rollback production cart`, or select a newer version",
	}}) with input as _move("1.5.0", "1.4.2", false)
}
