package rules.images.digest_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.images.digest

_required := {"shop": {"digests": ["registry.example/shop/"]}}

_digest := "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

test_denies_a_tag_alone_where_digests_are_required if {
	assert.messages(digest.deny, {
		"Deployment/cart: container server uses registry.example/shop/cart:1.2.3, which has no digest",
	}) with input as examples.deployment({}) with data.environments as _required
}

test_accepts_a_tag_alone_elsewhere if {
	assert.none(digest.deny) with input as examples.deployment({}) with data.environments as {}
}

test_accepts_a_tag_alone_of_other_images if {
	target := examples.server({"image": "registry.example/other/cart:1.2.3"})
	assert.none(digest.deny) with input as target with data.environments as _required
}

test_accepts_a_digest if {
	target := examples.server({"image": concat("@", ["registry.example/shop/cart:1", _digest])})
	assert.none(digest.deny) with input as target with data.environments as _required
}

test_denies_a_digest_that_is_none_everywhere if {
	assert.messages(digest.deny, {concat("", [
		"Deployment/cart: container server uses cart@sha256:0123, ",
		"whose digest is invalid: sha256: needs 64 hexadecimal digits",
	])}) with input as examples.server({"image": "cart@sha256:0123"}) with data.environments as {}
}

test_denies_in_every_place if {
	target := examples.everywhere(object.union(examples.container, {"image": "cart@1"}))
	assert.same(examples.names(digest.deny), examples.places) with input as target with data.environments as {}
}
