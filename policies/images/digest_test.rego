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

test_denies_any_image_where_the_prefix_is_empty if {
	every image in ["redis:8", "registry.example/other/cart:1"] {
		count(digest.deny) == 1 with input as examples.server({"image": image})
			with data.environments as {"shop": {"digests": [""]}}
			with data.unpinned_images as ["docker.io/library/mysql"]
	}
}

_awaited := ["registry.example/shop/cart", "registry.example/shop/basket"]

test_warns_of_an_image_that_nobody_asked_a_registry_for if {
	every target in [{"live": false}, {}, null] {
		assert.messages(digest.warn, {concat("", [
			"Namespace/shop: runs images whose digests no registry was asked for yet (1): ",
			"registry.example/shop/cart",
		])}) with input as examples.deployment({})
			with data.environments as _required
			with data.unpinned_images as _awaited
			with data.target as target
		assert.none(digest.deny) with input as examples.deployment({})
			with data.environments as _required
			with data.unpinned_images as _awaited
			with data.target as target
	}
}

test_denies_it_in_a_live_environment if {
	assert.messages(digest.deny, {
		"Deployment/cart: container server uses registry.example/shop/cart:1.2.3, which has no digest",
	}) with input as examples.deployment({})
		with data.environments as _required
		with data.unpinned_images as _awaited
		with data.target as {"live": true}
	assert.none(digest.warn) with input as examples.deployment({})
		with data.environments as _required
		with data.unpinned_images as _awaited
		with data.target as {"live": true}
}

test_does_not_warn_of_it_elsewhere_nor_with_a_digest if {
	assert.none(digest.warn) with input as examples.deployment({})
		with data.environments as {}
		with data.unpinned_images as _awaited
	pinned := examples.server({"image": concat("@", ["registry.example/shop/cart:1", _digest])})
	assert.none(digest.warn | digest.deny) with input as pinned
		with data.environments as _required
		with data.unpinned_images as _awaited
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
