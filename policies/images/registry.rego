# METADATA
# title: Images come from listed registries
# description: |
#   An image from an arbitrary registry can contain anything. The table `registries` lists the allowed repositories per
#   namespace. An image name without a registry means docker.io.
# custom:
#   id: images.registry
#   profile: system
#   subjects: pods
#   severity: high
#   fix: "use an image from a listed repository, or add the repository to policies/data/registries.yaml"
#   docs: https://kubernetes.io/docs/concepts/containers/images/
package rules.images.registry

import data.lib.images

deny contains found if {
	some use in images.uses
	use.image.reference != ""
	allowed := data.registries[images.namespace(use)]
	not _is_listed(use.image.repository, allowed)
	found := images.about(use, {
		"msg": sprintf("uses %s, which is not in a listed repository", [use.image.repository]),
		"fix": sprintf("use an image from %s, or add the repository to policies/data/registries.yaml", [_written(allowed)]),
	})
}

_is_listed(repository, allowed) if {
	some pattern in allowed
	glob.match(pattern, ["/"], repository)
}

_written(allowed) := concat(", ", allowed)
