# METADATA
# title: Command lines do not contain secrets
# description: |
#   Users of the node can see arguments with ps, and users who can read pods can see them through the API server. If an
#   argument expands a variable with a secret, such as `$(PASSWORD)`, it is visible with ps too. Then the rule only
#   warns.
# custom:
#   id: secrets.arguments
#   profile: general
#   subjects: containers
#   severity: high
#   fix: "make the program read the secret from a variable or a file"
#   docs: https://kubernetes.io/docs/concepts/security/secrets-good-practices/
package rules.secrets.arguments

import data.lib.literals
import data.lib.values

deny contains found if {
	some literal in literals.commands
	some [_, option, value] in regex.find_all_string_submatch_n(_option, literal.text, -1)
	not literals.is_reference(value)
	found := literals.about(literal, {
		"msg": sprintf("which contains the value of %s", [option]),
		"fix": "make the program read the secret from a variable or a file, and change the value, because it was exposed",
	})
}

warn contains found if {
	some literal in literals.commands
	some variable in values.list(values.at(literal.holder.content, ["env"]))
	values.at(variable, ["valueFrom", "secretKeyRef"]) != null
	name := values.text(values.at(variable, ["name"]))
	contains(literal.text, sprintf("$(%s)", [name]))
	found := literals.about(literal, {
		"msg": sprintf("which shows the secret %s in the list of processes", [name]),
		"fix": "make the program read the secret from a variable or a file",
	})
}

# An option with a secret name, and its value in the next word or after an equals sign.
_option := concat("", [
	`(?i)(?:^|[\s"'])(--?(?:[a-z][\w.-]*?)?`,
	`(?:password|passwd|passphrase|token|client-?secret|api-?key|access-?key|secret-?key))`,
	`[= ]["']?([^\s"'-][^\s"']*)`,
])
