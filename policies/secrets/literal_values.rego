# METADATA
# title: Secrets are not literal values
# description: |
#   If a variable or setting has a name such as password, token or key and a literal value, everyone with access to the
#   repository or the namespace can read the secret. For lines of whole files in ConfigMaps, the rule only warns,
#   because their syntax is unknown.
# custom:
#   id: secrets.literal_values
#   profile: general
#   subjects: [ConfigMap, containers]
#   severity: high
#   fix: "use a Secret with secretKeyRef or a mounted file, and change the value, because it was exposed"
#   docs: https://kubernetes.io/docs/concepts/security/secrets-good-practices/
package rules.secrets.literal_values

import data.lib.documents
import data.lib.literals

deny contains found if {
	some literal in array.concat(literals.variables, literals.settings)
	literals.is_secret(literal.name)
	trim_space(literal.text) != ""
	not literals.is_reference(literal.text)
	not literal.text in _names_of_secrets
	not _is_key_of_named_secret(literal)
	found := literals.about(literal, {"msg": "a secret according to its name, to a literal value", "fix": _fix})
}

warn contains found if {
	some literal in literals.settings
	not _is_sealed(literal.text)
	names := sort({name |
		some [_, name, value] in regex.find_all_string_submatch_n(_line, literal.text, -1)
		literals.is_secret(name)
		not literals.is_reference(value)
	})
	count(names) > 0
	found := literals.about(literal, {
		"msg": sprintf("in which some lines look like secrets: %s", [concat(", ", names)]),
		"fix": _fix,
	})
}

# `name = value` or `name: value` on its own line, where the value has no spaces: not code, not a reference.
_line := concat("", [
	`(?m)^[ \t]*(?:export[ \t]+)?["']?([A-Za-z][\w.-]*)["']?[ \t]*[:=][ \t]*`,
	`["']?([^\s"'$%<>{}()\[\]&|*;#,\\]{3,})["']?,?[ \t]*\r?$`,
])

# Values of a SealedSecret are encrypted. One document: another one after it could hold anything.
_is_sealed(text) if {
	not regex.match(`(?m)^---`, trim_prefix(text, "---"))
	yaml.is_valid(text)
	sealed := yaml.unmarshal(text)
	sealed.kind == "SealedSecret"
	not sealed.spec.template.data
}

# Next to the name of a Secret, `secret-key` is the name of the key in it.
_is_key_of_named_secret(literal) if {
	regex.match(`(?i)secret[-_.]?key$`, literal.name)
	name := regex.replace(literal.name, `(?i)key$`, "")
	some other in array.concat(literals.variables, literals.settings)
	other.holder == literal.holder
	lower(other.name) == lower(concat("", [name, "name"]))
}

# A setting may contain the name of a Secret.
_names_of_secrets contains secret.name if {
	some secret in documents.resources
	secret.type in {"/Secret", "bitnami.com/SealedSecret", "external-secrets.io/ExternalSecret"}
}

_fix := "use a Secret with secretKeyRef or a mounted file, and change the value, because it was exposed"
