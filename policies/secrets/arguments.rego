# METADATA
# title: No secret stands on a command line
# description: |
#   Arguments are shown by ps to whoever shares the node, and by the API server to whoever may read pods. A secret
#   that a variable is expanded into an argument from, `$(PASSWORD)`, is seen there, too, which is worth a warning.
# custom:
#   id: secrets.arguments
#   profile: general
#   subjects: containers
#   severity: high
#   fix: "let the program read the secret from a variable or a file"
#   docs: https://kubernetes.io/docs/concepts/security/secrets-good-practices/
package rules.secrets.arguments

import data.lib.literals
import data.lib.values

deny contains found if {
	some literal in literals.commands
	some [_, option, value] in regex.find_all_string_submatch_n(_option, literal.text, -1)
	not literals.is_reference(value)
	found := literals.about(literal, {
		"msg": sprintf("with the value of %s in it", [option]),
		"fix": "let the program read the secret from a variable or a file, and change the value: it is known now",
	})
}

warn contains found if {
	some literal in literals.commands
	some variable in values.list(values.at(literal.holder.content, ["env"]))
	values.at(variable, ["valueFrom", "secretKeyRef"]) != null
	name := values.text(values.at(variable, ["name"]))
	contains(literal.text, sprintf("$(%s)", [name]))
	found := literals.about(literal, {
		"msg": sprintf("which shows the secret %s to whoever lists processes", [name]),
		"fix": "let the program read the secret from a variable or a file",
	})
}

# An option that is a secret by its name, and its value, in the next word or after an equals sign.
_option := concat("", [
	`(?i)(?:^|[\s"'])(--?(?:[a-z][\w.-]*?)?`,
	`(?:password|passwd|passphrase|token|client-?secret|api-?key|access-?key|secret-?key))`,
	`[= ]["']?([^\s"'-][^\s"']*)`,
])
