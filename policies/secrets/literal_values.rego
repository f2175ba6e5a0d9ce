# METADATA
# title: Secrets are not written down as values
# description: |
#   A variable or a setting that is called a password, token or key and has its value beside it is a secret that
#   everybody with access to the repository or the namespace can read. Lines of whole files in ConfigMaps are only
#   warned of, because their syntax is not known here.
# custom:
#   id: secrets.literal_values
#   profile: general
#   subjects: [ConfigMap, containers]
#   severity: high
#   fix: "refer to a Secret by secretKeyRef or by a mounted file, and change the value: it is known now"
#   docs: https://kubernetes.io/docs/concepts/security/secrets-good-practices/
package rules.secrets.literal_values

import data.lib.documents
import data.lib.literals

deny contains found if {
	some literal in array.concat(literals.variables, literals.settings)
	literals.is_secret(literal.name)
	not literals.is_reference(literal.text)
	not literal.text in _names_of_secrets
	found := literals.about(literal, {"msg": "which is a secret by its name, to a literal value", "fix": _fix})
}

warn contains found if {
	some literal in literals.settings
	names := sort({name |
		some [_, name, value] in regex.find_all_string_submatch_n(_line, literal.text, -1)
		literals.is_secret(name)
		not literals.is_reference(value)
	})
	count(names) > 0
	found := literals.about(literal, {
		"msg": sprintf("in which lines look like secrets: %s", [concat(", ", names)]),
		"fix": _fix,
	})
}

# `name = value` or `name: value` on a line of its own, the value in one piece: no code, no reference.
_line := concat("", [
	`(?m)^[ \t]*(?:export[ \t]+)?["']?([A-Za-z][\w.-]*)["']?[ \t]*[:=][ \t]*`,
	`["']?([^\s"'$%<>{}()\[\]&|*;#,\\]{3,})["']?,?[ \t]*\r?$`,
])

# A setting may name the Secret to use.
_names_of_secrets contains secret.name if {
	some secret in documents.resources
	secret.type in {"/Secret", "bitnami.com/SealedSecret", "external-secrets.io/ExternalSecret"}
}

_fix := "refer to a Secret by secretKeyRef or by a mounted file, and change the value: it is known now"
