package lib.images_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.lib.images

_parts(reference) := [image.repository, image.tag, image.digest] if image := images.parse(reference)

test_takes_references_apart if {
	every reference, parts in {
		"redis": ["docker.io/library/redis", "", ""],
		"redis:8": ["docker.io/library/redis", "8", ""],
		"bitnami/redis:8": ["docker.io/bitnami/redis", "8", ""],
		"localhost/redis": ["localhost/redis", "", ""],
		"registry.example:5000/a/b": ["registry.example:5000/a/b", "", ""],
		"registry.example:5000/a/b:1@sha256:c": ["registry.example:5000/a/b", "1", "sha256:c"],
		"index.docker.io/bitnami/redis@sha256:c": ["docker.io/bitnami/redis", "", "sha256:c"],
		"registry-1.docker.io/redis:a@b@c": ["docker.io/redis", "a", "b@c"],
		"": ["docker.io/library/", "", ""],
		"a\nb:1": ["docker.io/library/a\nb", "1", ""],
	} {
		assert.same(_parts(reference), parts)
		assert.same(images.parse(reference).reference, reference)
	}
}

test_knows_a_digest if {
	images.is_digest("sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")
	every algorithm, length in {"sha256": 64, "sha512": 128} {
		digest := concat("", [algorithm, ":", concat("", ["0" | some _ in numbers.range(1, length)])])
		images.is_digest(digest)
		not images.is_digest(concat("", [digest, "0"]))
		not images.is_digest(trim_suffix(digest, "0"))
	}
}

test_reports_about_containers_and_mounted_images if {
	target := examples.deployment({"volumes": [{"name": "model", "image": {"reference": "model"}}]})
	uses := images.uses with input as target
	assert.same({images.namespace(use) | some use in uses}, {"shop"})
	assert.same(
		{[found.msg, found.path] |
			some use in uses
			found := images.about(use, {"msg": "is old", "fix": ""})
		},
		{
			["Deployment/cart: container server is old", "/spec/template/spec/containers/0/image"],
			["Deployment/cart: the pod is old", "/spec/template/spec/volumes/0/image/reference"],
		},
	)
}
