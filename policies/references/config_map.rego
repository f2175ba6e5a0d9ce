# METADATA
# title: ConfigMaps that pods read exist, with the keys they ask for
# description: |
#   A pod whose ConfigMap or key is absent never starts: the rollout hangs, and nothing says so before the merge.
#   Where the target keeps no ConfigMap in the namespace at all it may come from elsewhere, which is a warning.
# custom:
#   id: references.config_map
#   profile: general
#   subjects: pods
#   severity: high
#   fix: "add the ConfigMap or the key, mend its name, or write optional: true"
#   docs: https://kubernetes.io/docs/concepts/configuration/configmap/
package rules.references.config_map

import data.lib.settings

deny contains found if some found in _missing.deny

deny contains found if {
	some use in settings.missing_keys
	use.type == "/ConfigMap"
	found := settings.about(use, {
		"msg": sprintf("reads key %s of ConfigMap %s, which has no such key", [use.key, use.name]),
		"fix": sprintf("add %s to the data of ConfigMap %s, or mend the key", [use.key, use.name]),
	})
}

warn contains found if some found in _missing.warn

_missing[use.level] contains found if {
	some use in settings.missing
	use.type == "/ConfigMap"
	found := settings.about(use, {
		"msg": sprintf("reads ConfigMap %s, which the target does not hold", [use.name]),
		"fix": sprintf("add ConfigMap %s to namespace %s, or mend its name", [use.name, use.namespace]),
	})
}
