package change.moved_tag_test

import data.change.moved_tag
import data.lib.assert_test as assert

_moved(digest, digests) := {"images": [{
	"service": "cart",
	"new": {"tag": "1.5.0", "digest": digest},
	"digests": digests,
}]}

test_accepts_the_digest_that_ran if {
	assert.none(moved_tag.deny) with input as _moved("sha256:a", ["sha256:a"])
	assert.none(moved_tag.deny) with input as _moved("sha256:a", [])
}

test_accepts_what_is_not_known if {
	assert.none(moved_tag.deny) with input as _moved("sha256:a", null)
	assert.none(moved_tag.deny) with input as _moved(null, ["sha256:a"])
}

test_denies_another_digest if {
	assert.same(moved_tag.deny, {{
		"msg": "cart: the tag 1.5.0 was sha256:0123456789ab before and is now sha256:ba9876543210",
		"fix": "push the build with a new tag",
	}}) with input as _moved("sha256:ba98765432100", ["sha256:0123456789abc"])
}

test_denies_several_others_once if {
	assert.same(moved_tag.deny, {{
		"msg": "cart: the tag 1.5.0 was sha256:0123456789ab and 2 others before and is now sha256:ba9876543210",
		"fix": "push the build with a new tag",
	}}) with input as _moved("sha256:ba98765432100", [
		"sha256:2123456789abc",
		"sha256:0123456789abc",
		"sha256:ba98765432100",
		"sha256:1123456789abc",
	])
}
