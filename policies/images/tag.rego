# METADATA
# title: Images have a fixed version
# description: |
#   An image without tag and digest, or with the tag latest, is the image that was pushed last. Two pods of one
#   Deployment may then run different images, and a rollback changes nothing. A digest without a tag is exact, so it is
#   allowed. No image has two tags or two digests: kustomize writes such a name if a newName has a version.
# custom:
#   id: images.tag
#   profile: general
#   subjects: pods
#   severity: high
#   fix: "set newTag or digest in the images of the overlay"
#   docs: https://kubernetes.io/docs/concepts/containers/images/#image-names
package rules.images.tag

import data.lib.images

deny contains found if {
	some use in images.uses
	not _is_source(use.image)
	not _has_two_versions(use.image)
	found := images.about(use, object.union(_level(use.image), {
		"msg": _fault(use.image),
		"fix": "set newTag or digest in the images of the overlay",
	}))
}

deny contains found if {
	some use in images.uses
	_is_source(use.image)
	found := images.about(use, {
		"msg": sprintf("uses %s, which ko has to build", [use.image.reference]),
		"fix": "check the output of `ko resolve`, which has a digest",
		"general": "warn",
	})
}

deny contains found if {
	some use in images.uses
	_has_two_versions(use.image)
	found := images.about(use, {
		"msg": sprintf("uses %s, which has two versions, so no runtime can pull it", [use.image.reference]),
		"fix": "write one version: in `images`, the name alone in newName, and the version in newTag or digest",
	})
}

# A tag after a tag or a digest, or a second digest. `${TAG:-1}` is none of these: it is still to be filled in.
_has_two_versions(image) if regex.match(`:[^/@:${}]*:[^/]*$|@[^@]*:[^@:]*[:@]`, image.reference)

# With a digest, the tag only misleads.
_level(image) := {} if image.digest == ""

_level(image) := {"general": "warn"} if image.digest != ""

# The path of a Go program. ko builds an image of it, and writes its digest in place of the path.
_is_source(image) if startswith(image.reference, "ko://")

_fault(image) := "has no image" if image.reference == ""

_fault(image) := sprintf("uses %s, which has neither a tag nor a digest", [image.reference]) if {
	image.reference != ""
	image.tag == ""
	image.digest == ""
}

_fault(image) := sprintf("uses %s, whose tag can change", [image.reference]) if image.tag == "latest"
