# METADATA
# title: Values are not credentials in a known format
# description: |
#   The rule recognizes private keys, tokens of well-known services and addresses with a password anywhere in variables,
#   commands and ConfigMaps, whatever their name is.
# custom:
#   id: secrets.known_formats
#   profile: general
#   subjects: [ConfigMap, containers]
#   severity: high
#   fix: "remove the value and revoke it, because it was exposed; use a Secret instead"
#   docs: https://kubernetes.io/docs/concepts/security/secrets-good-practices/
package rules.secrets.known_formats

import data.lib.literals

deny contains found if {
	some literal in array.flatten([literals.variables, literals.settings, literals.commands])

	# One search for all formats first, because most texts contain none.
	literals.has_known_format(literal.text)
	some form in literals.known_formats
	regex.match(form.pattern, literal.text)
	found := literals.about(literal, {
		"msg": sprintf("which contains %s", [form.name]),
		"fix": "remove the value and revoke it, because it was exposed; use a Secret instead",
	})
}
