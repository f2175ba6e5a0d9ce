# METADATA
# title: Images are pinned by digest
# description: |
#   A tag can be pushed again; a digest cannot. Environments list the beginnings of the images that they name by the
#   exact bytes that were tested (the table `environments`). A digest that is none is denied everywhere.
# custom:
#   id: images.digest
#   profile: system
#   subjects: pods
#   severity: high
#   fix: "write digest: sha256:… beside newTag in the overlay's images"
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
		"fix": "write digest: sha256:… beside newTag in the overlay's images",
	})
}

deny contains found if {
	some use in images.uses
	not images.is_digest(use.image.digest)
	use.image.digest != ""
	found := images.about(use, {
		"msg": sprintf("uses %s, whose digest is not one: sha256: takes 64 hexadecimal digits", [use.image.reference]),
		"fix": "write digest: sha256:… beside newTag in the overlay's images",
	})
}
