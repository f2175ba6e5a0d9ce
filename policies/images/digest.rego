# METADATA
# title: Images are pinned by digest
# description: |
#   A tag can be pushed again, a digest cannot. The table `environments` lists, per namespace, the image prefixes that
#   need a digest, so that they run exactly what was tested. Images of the table `unpinned_images` get a warning, and
#   are denied too where promote.yaml marks the environment as live. An invalid digest is denied in every namespace.
# custom:
#   id: images.digest
#   profile: system
#   subjects: pods
#   severity: high
#   fix: "run `promote pin ENV`, which asks the registries for the digests and writes them"
#   docs: https://kubernetes.io/docs/concepts/containers/images/#image-names
package rules.images.digest

import data.lib.finding
import data.lib.images

deny contains found if {
	some use in _unpinned
	not _is_awaited(use)
	found := images.about(use, {
		"msg": sprintf("uses %s, which has no digest", [use.image.reference]),
		"fix": _fix,
	})
}

deny contains found if {
	some use in images.uses
	not images.is_digest(use.image.digest)
	use.image.digest != ""
	found := images.about(use, {
		"msg": sprintf("uses %s, whose digest is invalid: sha256: needs 64 hexadecimal digits", [use.image.reference]),
		"fix": _fix,
	})
}

# One warning for all of them, because many would hide other warnings.
warn contains found if {
	awaited := [use | some use in _unpinned; _is_awaited(use)]
	some namespace in {images.namespace(use) | some use in awaited}
	names := sort({use.image.repository | some use in awaited; images.namespace(use) == namespace})
	found := finding.about_namespace(namespace, {
		"msg": sprintf("runs images whose digests no registry was asked for yet (%d): %s", [
			count(names),
			concat(", ", names),
		]),
		"fix": _fix,
		"path": "",
	})
}

_unpinned := [use |
	some use in images.uses
	some prefix in data.environments[images.namespace(use)].digests
	startswith(use.image.reference, prefix)
	use.image.digest == ""
]

_is_awaited(use) if {
	not _live
	use.image.repository in data.unpinned_images
}

# promote sets this value. Without promote, no environment counts as live.
default _live := false

_live if data.target.live == true

_fix := "run `promote pin ENV`, which asks the registries for the digests and writes them"
