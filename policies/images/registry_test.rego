package rules.images.registry_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.images.registry

_registries := {"shop": ["docker.io/library/*", "registry.example/shop/**"]}

_image(reference) := examples.server({"image": reference})

test_accepts_listed_repositories if {
	every reference in ["redis:8", "docker.io/library/redis:8", "registry.example/shop/web/cart:1", ""] {
		assert.none(registry.deny) with input as _image(reference) with data.registries as _registries
	}
}

test_leaves_absent_images_to_other_rules if {
	assert.none(registry.deny) with input as _image("") with data.registries as {"shop": ["registry.example/shop/**"]}
}

test_accepts_any_where_the_table_says_nothing if {
	assert.none(registry.deny) with input as _image("quay.io/any/body:1") with data.registries as {"web": []}
}

test_accepts_no_image_which_another_rule_denies if {
	assert.none(registry.deny) with input as _image("") with data.registries as {"shop": []}
}

test_denies_other_repositories if {
	assert.messages(registry.deny, {
		"Deployment/cart: container server uses quay.io/any/body, which is not in a listed repository",
	}) with input as _image("quay.io/any/body:1") with data.registries as _registries
	every reference in ["bitnami/redis:8", "docker.io/library/redis/redis:8", "registry.example.org/shop/cart:1"] {
		assert.size(registry.deny, 1) with input as _image(reference) with data.registries as _registries
	}
}

test_denies_and_says_what_is_listed if {
	assert.same({found.fix | some found in registry.deny}, {concat("", [
		"use an image from docker.io/library/*, registry.example/shop/**, ",
		"or add the repository to policies/data/registries.yaml",
	])}) with input as _image("quay.io/any/body:1") with data.registries as _registries
}

test_denies_in_every_place if {
	found := registry.deny
		with input as examples.everywhere(object.union(examples.container, {"image": "quay.io/a/b:1"}))
		with data.registries as _registries
	assert.same(examples.names(found), examples.places)
}
