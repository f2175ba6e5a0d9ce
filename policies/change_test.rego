package changes_test

import data.changes
import data.lib.assert_test as assert

_input := {"to": "production", "images": [{
	"service": "cart",
	"old": {"tag": "3.0.0"},
	"new": {"tag": "1.0.0"},
	"rolled_back": false,
}]}

test_gathers_what_rules_deny if {
	[found] := [found | some found in changes.deny] with input as _input
	assert.same(found.rule, "change.downgrade")
	assert.same(found.resource.kind, "")
}

test_gathers_what_rules_warn_of if {
	[found] := [found | some found in changes.warn] with input as {"images": [], "others": ["Service/cart /spec"]}
	assert.same(found.rule, "change.others")
}
