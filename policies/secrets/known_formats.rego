# METADATA
# title: No value is a credential by its form
# description: |
#   Private keys, the tokens of well-known services and addresses with a password in them are recognised wherever they
#   stand in variables, commands and ConfigMaps, whatever they are called.
# custom:
#   id: secrets.known_formats
#   profile: general
#   subjects: [ConfigMap, containers]
#   severity: high
#   fix: "take the value out and revoke it: it is known now; refer to a Secret instead"
#   docs: https://kubernetes.io/docs/concepts/security/secrets-good-practices/
package rules.secrets.known_formats

import data.lib.literals

deny contains found if {
	some literal in array.flatten([literals.variables, literals.settings, literals.commands])

	# All forms at once: most texts hold none, and reading them once is what this rule costs.
	regex.match(_any, literal.text)
	some form in _forms
	regex.match(form.pattern, literal.text)
	found := literals.about(literal, {
		"msg": sprintf("with %s in it", [form.name]),
		"fix": "take the value out and revoke it: it is known now; refer to a Secret instead",
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
