# METADATA
# title: Literals
# description: |
#   The values that manifests state themselves, in variables, commands and ConfigMaps, and which of them are secret by
#   their name.
package lib.literals

import data.lib.documents
import data.lib.finding
import data.lib.pods
import data.lib.values

# Every literal variable of a container.
variables := [literal |
	some container in pods.containers
	some index, variable in values.list(values.at(container.content, ["env"]))
	value := values.text(values.at(variable, ["value"]))
	value != ""
	name := values.text(values.at(variable, ["name"]))
	literal := {
		"holder": container,
		"name": name,
		"path": sprintf("/env/%d/value", [index]),
		"text": value,
		"title": sprintf("sets %s", [name]),
	}
]

# Every key of a ConfigMap.
settings := [literal |
	some config in documents.of("", "ConfigMap")
	some key, value in values.map(values.at(config.content, ["data"]))
	is_string(value)
	literal := {
		"holder": config,
		"name": key,
		"path": sprintf("/data/%s", [replace(replace(key, "~", "~0"), "/", "~1")]),
		"text": value,
		"title": sprintf("holds %s", [key]),
	}
]

# Every command line that a container runs, joined by spaces.
commands := [literal |
	some container in pods.containers
	some place in _places
	words := values.list(values.at(container.content, place))
	count(words) > 0
	literal := {
		"holder": container,
		"name": "",
		"path": sprintf("/%s", [concat("/", place)]),
		"text": concat(" ", [values.text(word) | some word in words]),
		"title": sprintf("runs %s", [concat(".", place)]),
	}
]

_places := array.concat([["command"], ["args"]], _hooks)

_hooks := [path |
	some hook in [
		["livenessProbe"],
		["readinessProbe"],
		["startupProbe"],
		["lifecycle", "postStart"],
		["lifecycle", "preStop"],
	]
	path := array.concat(hook, ["exec", "command"])
]

# A finding about whoever holds the literal. It never repeats the value.
about(literal, said) := finding.about_container(literal.holder, _placed(literal, said)) if literal.holder.pod

about(literal, said) := finding.about(literal.holder, _placed(literal, said)) if not literal.holder.pod

_placed(literal, said) := {
	"fix": said.fix,
	"msg": sprintf("%s, %s", [literal.title, said.msg]),
	"path": literal.path,
}

# Whether what is called this is a secret, by the end of its name: PASSWORD_FILE or TOKEN_TTL are none.
is_secret(name) if {
	words := regex.replace(regex.replace(name, `([a-z0-9])([A-Z])`, "${1}_${2}"), `[-. ]`, "_")
	regex.match(_secret_name, words)
}

_secret_name := concat("", [
	`(?i)(^|_)(password|passwd|passphrase|pass|pwd|secret|token|credentials?|`,
	`(api|access|account|auth|encryption|hmac|master|private|secret|session|shared|signing|ssh|storage|webhook)_?key`,
	`)_?[0-9]*$`,
])

# Whether a value only says where the secret is, or whether something is on.
is_reference(text) if regex.match(`^(/|\./|~/|[$%<]|\{\{|arn:|file:|op://|ref\+|vault:|[a-z][a-z0-9+.-]*://)`, text)

is_reference(text) if lower(text) in {"false", "no", "none", "null", "off", "on", "optional", "required", "true", "yes"}
