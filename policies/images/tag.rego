# METADATA
# title: Images are of a named version
# description: |
#   An image without tag and digest, or tagged latest, is whatever was pushed last: two pods of one Deployment may
#   differ, and a rollback restores nothing. A digest without a tag is exact and therefore fine.
# custom:
#   id: images.tag
#   profile: general
#   subjects: pods
#   severity: high
#   fix: "name a version in the overlay's images: newTag or digest"
#   docs: https://kubernetes.io/docs/concepts/containers/images/#image-names
package rules.images.tag

import data.lib.images

deny contains found if {
	some use in images.uses
	found := images.about(use, {
		"msg": _fault(use.image),
		"fix": "name a version: newTag or digest under images in the overlay",
	})
}

_fault(image) := "names no image" if image.reference == ""

_fault(image) := sprintf("uses %s, which has neither tag nor digest", [image.reference]) if {
	image.reference != ""
	image.tag == ""
	image.digest == ""
}

_fault(image) := sprintf("uses %s, whose tag moves", [image.reference]) if image.tag == "latest"
