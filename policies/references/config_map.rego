# METADATA
# title: The ConfigMaps of pods exist, with the keys that they use
# description: |
#   A pod with a missing ConfigMap or key does not start, so the rollout hangs. If no ConfigMap is rendered in the
#   namespace, it may exist elsewhere. Then the rule only warns.
# custom:
#   id: references.config_map
#   profile: general
#   subjects: pods
#   severity: high
#   fix: "add the ConfigMap or the key, correct its name, or set optional: true"
#   docs: https://kubernetes.io/docs/concepts/configuration/configmap/
package rules.references.config_map

import data.lib.references
import data.lib.settings

deny contains found if some found in _missing.deny

deny contains found if {
	some use in settings.missing_keys
	use.type == "/ConfigMap"
	found := settings.about(use, {
		"msg": sprintf("reads key %s of ConfigMap %s, which does not have this key", [use.key, use.name]),
		"fix": sprintf("add %s to the data of ConfigMap %s, or correct the key", [use.key, use.name]),
	})
}

warn contains found if some found in _missing.warn

_missing[use.level] contains found if {
	some use in settings.missing
	use.type == "/ConfigMap"
	place := references.namespace("to", use.namespace)
	found := settings.about(use, {
		"msg": sprintf("reads ConfigMap %s, which is not rendered", [use.name]),
		"fix": sprintf("add ConfigMap %s%s, or correct its name", [use.name, place]),
	})
}
