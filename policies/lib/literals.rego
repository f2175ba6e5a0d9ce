# METADATA
# title: Literals
# description: |
#   The literal values in variables, commands and ConfigMaps, and which of them are secrets according to their name.
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

# Every command line of a container, joined by spaces.
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

# A finding about the holder of a literal. It never contains the value.
about(literal, body) := finding.about_container(literal.holder, _placed(literal, body)) if literal.holder.pod

about(literal, body) := finding.about(literal.holder, _placed(literal, body)) if not literal.holder.pod

_placed(literal, body) := {
	"fix": body.fix,
	"msg": sprintf("%s, %s", [literal.title, body.msg]),
	"path": literal.path,
}

# Whether a name is that of a secret, according to its end. PASSWORD_FILE and TOKEN_TTL are not secrets.
is_secret(name) if {
	words := regex.replace(regex.replace(name, `([a-z0-9])([A-Z])`, "${1}_${2}"), `[-. ]`, "_")
	regex.match(_secret_name, words)
}

_secret_name := concat("", [
	`(?i)(^|_)(password|passwd|passphrase|pass|pwd|secret|token|credentials?|`,
	`(api|access|account|auth|encryption|hmac|master|private|secret|session|shared|signing|ssh|storage|webhook)_?key`,
	`)_?[0-9]*$`,
])

# Whether a value is only the location of a secret, or a switch.
is_reference(text) if regex.match(`^(/|\./|~/|[$%<]|\{\{|arn:|file:|op://|ref\+|vault:|[a-z][a-z0-9+.-]*://)`, text)

is_reference(text) if lower(text) in {"false", "no", "none", "null", "off", "on", "optional", "required", "true", "yes"}
