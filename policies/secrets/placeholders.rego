# METADATA
# title: Values are not placeholders
# description: |
#   changeme, todo and addresses at example.com are values that someone must replace. The rule warns. It denies in
#   namespaces for which the table `strict` lists `placeholders`.
# custom:
#   id: secrets.placeholders
#   profile: general
#   subjects: [ConfigMap, containers, gateway.networking.k8s.io/HTTPRoute, networking.k8s.io/Ingress]
#   severity: medium
#   fix: "set the real value, or use a Secret"
#   docs: https://www.rfc-editor.org/rfc/rfc2606
package rules.secrets.placeholders

import data.lib.documents
import data.lib.finding
import data.lib.literals
import data.lib.strictness
import data.lib.values

deny contains found if some found in strictness.denied("placeholders", _left)

warn contains found if some found in strictness.warned("placeholders", _left)

_left contains found if {
	some literal in array.concat(literals.variables, literals.settings)
	_is_placeholder(literal.text)
	found := literals.about(literal, {"msg": "which is a placeholder", "fix": _fix})
}

_left contains found if {
	some resource in documents.resources
	resource.type in {"gateway.networking.k8s.io/HTTPRoute", "networking.k8s.io/Ingress"}
	some host in _hosts(resource.content)
	regex.match(`(^|\.)(example(\.(com|net|org))?|invalid|localhost|test)$`, host)
	found := finding.about(resource, {
		"msg": sprintf("serves %s, which is a placeholder", [host]),
		"fix": _fix,
		"path": "/spec",
	})
}

_hosts(content) := {values.text(host) | some host in values.list(values.at(content, ["spec", "hostnames"]))} | {host |
	some rule in values.list(values.at(content, ["spec", "rules"]))
	host := values.text(values.at(rule, ["host"]))
}

# Either the whole value, or a word in it that has no other use.
_is_placeholder(text) if {
	regex.match(
		`(?i)^\s*(<[^<>]*>|changeit|dummy|example|fixme|foobar|placeholder|sample|tbd|todo|x{3,})\s*$`,
		text,
	)
}

_is_placeholder(text) if {
	regex.match(`(?i)\b(change[-_]?me|replace[-_]?me|(your|insert)[-_][a-z_-]+[-_]here)\b`, text)
}

_fix := "set the real value, or use a Secret"
