# METADATA
# title: Images are pinned by digest
# description: |
#   A tag can be pushed again, a digest cannot. The table `environments` lists, per namespace, the image prefixes that
#   need a digest, so that they run exactly what was tested. An invalid digest is denied in every namespace.
# custom:
#   id: images.digest
#   profile: system
#   subjects: pods
#   severity: high
#   fix: "set digest: sha256:… with newTag in the images of the overlay"
#   docs: https://kubernetes.io/docs/concepts/containers/images/#image-names
package rules.images.digest

import data.lib.images

deny contains found if {
	some use in images.uses
	some prefix in data.environments[images.namespace(use)].digests
	startswith(use.image.reference, prefix)
	use.image.digest == ""
	found := images.about(use, {
		"msg": sprintf("uses %s, which has no digest", [use.image.reference]),
		"fix": "set digest: sha256:… with newTag in the images of the overlay",
	})
}

deny contains found if {
	some use in images.uses
	not images.is_digest(use.image.digest)
	use.image.digest != ""
	found := images.about(use, {
		"msg": sprintf("uses %s, whose digest is invalid: sha256: needs 64 hexadecimal digits", [use.image.reference]),
		"fix": "set digest: sha256:… with newTag in the images of the overlay",
	})
}
