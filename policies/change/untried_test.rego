package change.untried_test

import data.change.untried
import data.lib.assert_test as assert

_moved(ran, version) := {"previous": "staging", "to": "production", "images": [{
	"service": "cart",
	"new": version,
	"ran": ran,
	"rolled_back": false,
}]}

test_accepts_what_ran_or_is_not_known if {
	every ran in [true, null] {
		assert.none(untried.deny) with input as _moved(ran, {"tag": "1.5.0"})
	}
}

test_denies_what_never_ran if {
	assert.same(untried.deny, {{
		"msg": "cart: 1.5.0 has never run in staging",
		"fix": "set it in staging first, then `promote staging production`",
	}}) with input as _moved(false, {"tag": "1.5.0"})
}

test_denies_a_digest_that_never_ran if {
	messages := {body.msg | some body in untried.deny} with input as _moved(false, {
		"tag": null,
		"digest": "sha256:0123456789abcdef",
	})
	assert.same(messages, {"cart: sha256:0123456789ab has never run in staging"})
}

test_accepts_a_rollback if {
	assert.none(untried.deny) with input as json.patch(
		_moved(false, {"tag": "1.5.0"}),
		[{"op": "replace", "path": "/images/0/rolled_back", "value": true}],
	)
}
