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

# Whether a name is that of a secret: it contains a word for a secret, and no word after it says that the value is only
# about the secret. PASSWORD_FILE and TOKEN_TTL are not secrets.
is_secret(name) if {
	words := regex.replace(regex.replace(name, `([a-z0-9])([A-Z])`, "${1}_${2}"), `[-. /]`, "_")
	rest := values.groups(_secret_name, words)[9]
	count({word | some word in split(lower(rest), "_")} & _about_secrets) == 0
}

# The last word for a secret in the name, and the words after it.
_secret_name := concat("", [
	`(?i)^(.*_)?(`,
	# Words that may follow others without a boundary, as in mysqlpassword,
	`[a-z0-9]*(password|passwd|passphrase)|`,
	# and words that are also the end of others, as in bypass and compass.
	`(admin|db|ftp|ldap|mail|mongo|my_?sql|mq|pg|postgres|rabbit|redis|root|smtp|sql|user)?(pass|pwd?)|`,
	`(access|api|app|auth|bearer|bot|client|github|gitlab|jwt|oauth|refresh|session|slack)?(secret|token)|`,
	`credentials?|`,
	`(access|account|aes|api|auth|deploy|encryption|hmac|jwt|license|master|private|rsa|secret|service_account|`,
	`session|shared|signing|ssh|ssl|storage|tls|webhook)_?key`,
	`)([0-9]*(_.*)?)$`,
])

_about_secrets := {
	"algorithm", "algorithms", "alias", "arn", "attempts", "audience", "bucket", "budget", "cache", "class", "count",
	"days", "dir", "directory", "disabled", "enable", "enabled", "encoder", "encoding", "endpoint", "engine", "expiration",
	"expires", "expiry", "field", "file", "filename", "fingerprint", "folder", "format", "from", "header", "hours", "host",
	"id", "ids", "in", "interval", "issuer", "kind", "length", "lifetime", "limit", "max", "min", "minutes", "mode",
	"name", "namespace", "path", "pattern", "policy", "port", "prefix", "provider", "pub", "public", "ref", "regex",
	"required", "rotation", "rules", "scope", "scopes", "seconds", "server", "service", "size", "store", "strategy",
	"suffix", "timeout", "ttl", "txt", "type", "uri", "url", "uses", "validation", "validity", "version", "window",
}

# Whether a value is only the location of a secret, or a switch.
is_reference(text) if regex.match(`^[A-Za-z0-9][-A-Za-z0-9_.]*\.(crt|jks|json|key|p12|pem|pub|txt|ya?ml)$`, text)

is_reference(text) if regex.match(`^(/|\./|~/|[$%<]|\{\{|arn:|file:|op://|ref\+|vault:|[a-z][a-z0-9+.-]*://)`, text)

is_reference(text) if lower(text) in {"false", "no", "none", "null", "off", "on", "optional", "required", "true", "yes"}

is_reference(text) if is_encrypted(text)

# Whether a text is, or contains, a value that SOPS has encrypted.
is_encrypted(text) if contains(text, "ENC[AES256_GCM,data:")

# Credentials that are known by their format, whatever their name is.
known_formats := [
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

has_known_format(text) if regex.match(_any, text)

_any := concat("|", [form.pattern | some form in known_formats])

# The names of secrets to which a text of unknown syntax gives a literal value: `name = value` or `name: value`, where
# the value has no spaces: not code, not a reference.
secrets_in(text) := {name |
	some [_, name, value] in regex.find_all_string_submatch_n(_pair, text, -1)
	is_secret(name)
	not is_reference(value)
	value != "ENC" # what SOPS has encrypted, up to its bracket
}

_pair := concat("", [
	`(?:^|[\s{,;&?"'])([A-Za-z][\w.-]*)["']?[ \t]*[:=][ \t]*`,
	`["']?([^\s"'$%<>{}()\[\]&|*;#,\\]{3,})`,
])
