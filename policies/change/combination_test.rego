package change.combination_test

import data.change.combination
import data.lib.assert_test as assert

_cart := {"service": "cart", "rolled_back": false, "ran": true}

_set := {"environment": "staging", "ran": false, "required": false, "apart": [
	{"image": "shop/web", "here": {"tag": "2.0.0"}, "there": {"tag": "2.1.0"}},
	{"image": "shop/api", "here": {"tag": null, "digest": "sha256:0123456789abcdef"}, "there": null},
]}

_promotion(images, changes) := {"to": "production", "images": images, "combination": changes, "despite": {}}

_found := {
	"msg": concat("", [
		"production would run a set of versions that never ran together in staging: ",
		"shop/api sha256:0123456789ab (there none), shop/web 2.0.0 (there 2.1.0)",
	]),
	"fix": "promote the services that belong together, or set these versions in staging and test them there",
}

test_accepts_what_ran_together_or_is_not_known if {
	ran := object.union(_set, {"ran": true, "apart": []})
	every known in [null, ran, object.union(ran, {"required": true})] {
		assert.none(combination.warn | combination.deny) with input as _promotion([_cart], known)
	}
}

test_accepts_a_rollback if {
	back := object.union(_cart, {"rolled_back": true})
	assert.none(combination.warn | combination.deny) with input as _promotion([back], _set)
}

test_leaves_what_never_ran_to_another_rule if {
	new := object.union(_cart, {"ran": false})
	assert.none(combination.warn | combination.deny) with input as _promotion([_cart, new], _set)
}

test_warns_of_what_never_ran_together if {
	assert.none(combination.deny) with input as _promotion([_cart], _set)
	assert.same(combination.warn, {_found}) with input as _promotion([_cart], _set)
}

test_warns_if_it_is_unknown_whether_a_version_ran if {
	unknown := object.union(_cart, {"ran": null})
	assert.same(combination.warn, {_found}) with input as _promotion([unknown], _set)
}

test_denies_where_promote_yaml_asks_for_it if {
	asked := _promotion([_cart], object.union(_set, {"required": true}))
	assert.same(combination.deny, {_found}) with input as asked
	assert.none(combination.warn) with input as asked
}

test_warns_with_a_reason if {
	asked := _promotion([_cart], object.union(_set, {"required": true}))
	excused := object.union(asked, {"despite": {"combination": "it is down"}})
	assert.same(combination.warn, {_found}) with input as excused
	assert.none(combination.deny) with input as excused
}
