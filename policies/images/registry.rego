# METADATA
# title: Images come from the registries of the table
# description: |
#   Whoever can name any registry can run anybody's program. The table `registries` lists, for a namespace, the
#   repositories that images are taken from; a name without a registry is one of docker.io.
# custom:
#   id: images.registry
#   profile: system
#   subjects: pods
#   severity: high
#   fix: "use an image of a listed repository, or list the repository in policies/data/registries.yaml"
#   docs: https://kubernetes.io/docs/concepts/containers/images/
package rules.images.registry

import data.lib.images

deny contains found if {
	some use in images.uses
	use.image.reference != ""
	allowed := data.registries[images.namespace(use)]
	not _is_listed(use.image.repository, allowed)
	found := images.about(use, {
		"msg": sprintf("uses %s, which is in none of the listed repositories", [use.image.repository]),
		"fix": sprintf("use an image of %s, or list the repository in policies/data/registries.yaml", [_written(allowed)]),
	})
}

_is_listed(repository, allowed) if {
	some pattern in allowed
	glob.match(pattern, ["/"], repository)
}

_written(allowed) := concat(", ", allowed)
