# METADATA
# title: Secrets that pods read exist, with the keys they ask for
# description: |
#   A pod whose Secret or key is absent never starts. A Secret counts as there when the target holds it or what makes
#   it: a SealedSecret, ExternalSecret, Certificate or SecretProviderClass. Keys that only a store knows are not
#   judged. Where the target has no source of Secrets in the namespace they come from elsewhere, which is a warning.
# custom:
#   id: references.secret
#   profile: general
#   subjects: pods
#   severity: high
#   fix: "add the Secret's source or the key, mend its name, or write optional: true"
#   docs: https://kubernetes.io/docs/concepts/configuration/secret/
package rules.references.secret

import data.lib.settings

deny contains found if some found in _missing.deny

deny contains found if {
	some use in settings.missing_keys
	use.type == "/Secret"
	found := settings.about(use, {
		"msg": sprintf("reads key %s of Secret %s, whose source has no such key", [use.key, use.name]),
		"fix": sprintf("add %s to the source of Secret %s, or mend the key", [use.key, use.name]),
	})
}

warn contains found if some found in _missing.warn

_missing[use.level] contains found if {
	some use in settings.missing
	use.type == "/Secret"
	found := settings.about(use, {
		"msg": sprintf("reads Secret %s, which nothing in the target makes", [use.name]),
		"fix": sprintf("add a SealedSecret or ExternalSecret for %s to namespace %s", [use.name, use.namespace]),
	})
}
