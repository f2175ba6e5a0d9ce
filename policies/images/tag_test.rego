package rules.images.tag_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.images.tag

test_accepts_versions_and_digests if {
	every image in ["cart:1.2", "registry.example:5000/shop/cart:1.2", "cart@sha256:ab", "cart:1@sha256:ab"] {
		assert.none(tag.deny) with input as examples.server({"image": image})
	}
}

test_denies_a_missing_setting if {
	every image in ["", null, 7] {
		assert.messages(tag.deny, {
			"Deployment/cart: container server has no image",
		}) with input as examples.server({"image": image})
	}
}

test_denies_untagged_images if {
	assert.messages(tag.deny, {
		"Deployment/cart: container server uses registry.example:5000/cart, which has neither a tag nor a digest",
	}) with input as examples.server({"image": "registry.example:5000/cart"})
}

test_only_warns_in_general_of_what_is_exact_or_not_built_yet if {
	levels := {image: level |
		some image in ["cart:latest", "cart:latest@sha256:ab", "ko://example.com/cmd/cart"]
		found := tag.deny with input as examples.server({"image": image})
		some one in found
		level := object.get(one, "general", "deny")
	}
	assert.same(levels, {"cart:latest": "deny", "cart:latest@sha256:ab": "warn", "ko://example.com/cmd/cart": "warn"})
	assert.messages(tag.deny, {
		"Deployment/cart: container server uses ko://example.com/cmd/cart, which ko has to build",
	}) with input as examples.server({"image": "ko://example.com/cmd/cart"})
}

test_denies_latest if {
	every image in ["cart:latest", "cart:latest@sha256:ab"] {
		assert.messages(tag.deny, {
			sprintf("Deployment/cart: container server uses %s, whose tag can change", [image]),
		}) with input as examples.server({"image": image})
	}
}

test_denies_everywhere if {
	target := examples.everywhere(object.union(examples.container, {"image": "cart"}))
	assert.same(examples.names(tag.deny), examples.places) with input as target
}

test_denies_mounted_images if {
	target := examples.deployment({"volumes": [{"name": "model", "image": {"reference": "model"}}]})
	assert.messages(tag.deny, {
		"Deployment/cart: the pod uses model, which has neither a tag nor a digest",
	}) with input as target
}

test_denies_two_versions if {
	every image in [
		"cart:1:0.5",
		"registry.example:5000/shop/cart:1:latest",
		"cart@sha256:ab:0.5",
		"cart@sha256:ab@sha256:cd",
		"cart:1@sha256:ab:0.5",
	] {
		assert.messages(tag.deny, {
			sprintf("Deployment/cart: container server uses %s, which has two versions, so no runtime can pull it", [image]),
		}) with input as examples.server({"image": image})
	}
}

test_accepts_what_is_still_to_be_filled_in if {
	every image in ["cart:${TAG:-1.2}", "${REGISTRY:-example:5000}/cart:1.2", "example:5000/cart:${TAG}"] {
		assert.none(tag.deny) with input as examples.server({"image": image})
	}
}
