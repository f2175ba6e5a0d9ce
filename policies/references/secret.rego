# METADATA
# title: The Secrets of pods exist, with the keys that they use
# description: |
#   A pod with a missing Secret or key does not start. A Secret exists if it is rendered, or if a SealedSecret,
#   ExternalSecret, Certificate or SecretProviderClass creates it. The rule ignores keys that only an external store
#   knows. If nothing in the namespace creates Secrets, they may come from elsewhere. Then the rule only warns.
# custom:
#   id: references.secret
#   profile: general
#   subjects: pods
#   severity: high
#   fix: "add the source of the Secret or the key, correct its name, or set optional: true"
#   docs: https://kubernetes.io/docs/concepts/configuration/secret/
package rules.references.secret

import data.lib.references
import data.lib.settings

deny contains found if some found in _missing.deny

deny contains found if {
	some use in settings.missing_keys
	use.type == "/Secret"
	found := settings.about(use, {
		"msg": sprintf("reads key %s of Secret %s, whose source does not have this key", [use.key, use.name]),
		"fix": sprintf("add %s to the source of Secret %s, or correct the key", [use.key, use.name]),
	})
}

warn contains found if some found in _missing.warn

_missing[use.level] contains found if {
	some use in settings.missing
	use.type == "/Secret"
	place := references.namespace("to", use.namespace)
	found := settings.about(use, {
		"msg": sprintf("reads Secret %s, which is neither rendered nor created", [use.name]),
		"fix": sprintf("add a SealedSecret or ExternalSecret for %s%s", [use.name, place]),
	})
}
