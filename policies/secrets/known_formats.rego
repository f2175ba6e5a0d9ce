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
	regex.match(_any, literal.text)
	some form in _forms
	regex.match(form.pattern, literal.text)
	found := literals.about(literal, {
		"msg": sprintf("which contains %s", [form.name]),
		"fix": "remove the value and revoke it, because it was exposed; use a Secret instead",
	})
}

_forms := [
	{"name": "a private key", "pattern": `-----BEGIN ([A-Z]+ )*PRIVATE KEY( BLOCK)?-----`},
	{"name": "an AWS access key", "pattern": `\b(AKIA|ASIA)[0-9A-Z]{16}\b`},
	{"name": "a GitHub token", "pattern": `\b(gh[oprsu]_[0-9A-Za-z]{36}|github_pat_[0-9A-Za-z_]{22})`},
	{"name": "a GitLab token", "pattern": `\bglpat-[0-9A-Za-z_-]{20}`},
	{"name": "a Slack token", "pattern": `\bxox[abeoprs]-[0-9A-Za-z-]{10}`},
	{"name": "a Google API key", "pattern": `\bAIza[0-9A-Za-z_-]{35}`},
	{"name": "a Stripe key", "pattern": `\b[rs]k_live_[0-9A-Za-z]{16}`},
	{"name": "an npm token", "pattern": `\bnpm_[0-9A-Za-z]{36}\b`},
	{"name": "a JSON Web Token", "pattern": `\beyJ[0-9A-Za-z_-]{10,}\.eyJ[0-9A-Za-z_-]{10,}\.[0-9A-Za-z_-]{10,}`},
	{"name": "an address with a password", "pattern": `[a-z]://[^\s/:@"']*:[^\s/:@$%<>{}()*"']+@[0-9A-Za-z.\[]`},
]

_any := concat("|", [form.pattern | some form in _forms])
