package rules.images.retired_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.images.retired

_table := [{"repository": "**/bitnami/**", "why": "it is frozen", "instead": "use another"}]

test_denies_wherever_it_comes_from if {
	every image in ["bitnami/redis:1", "docker.io/bitnami/redis", "mirror.example:5000/hub/bitnami/redis@sha256:ab"] {
		assert.messages(retired.deny, {
			sprintf("Deployment/cart: container server uses %s: it is frozen", [image]),
		}) with input as examples.server({"image": image}) with data.retired_images as _table
	}
}

test_says_what_to_use_instead if {
	target := examples.server({"image": "bitnami/redis:1"})
	assert.same({found.fix | some found in retired.deny}, {"use another"}) with input as target
		with data.retired_images as _table
}

test_accepts_others if {
	every image in ["redis:1", "notbitnami/redis:1", "bitnami:1"] {
		assert.none(retired.deny) with input as examples.server({"image": image}) with data.retired_images as _table
	}
}

test_denies_everywhere if {
	target := examples.everywhere(object.union(examples.container, {"image": "bitnami/redis:1"}))
	assert.same(examples.names(retired.deny), examples.places) with input as target with data.retired_images as _table
}
