# METADATA
# title: Evaluation
# description: |
#   Says how many documents and which rules took part, so that the caller can tell "nothing wrong" from
#   "nothing looked at".
package evaluation

# METADATA
# description: Always exactly one, never a fault.
# entrypoint: true
warn contains {
	"msg": "evaluation",
	"documents": count(input),
	"rules": sort([concat(".", id) | some id in _rules]),
}

_rules contains [topic, rule] if {
	some topic, rule
	data.rules[topic][rule].deny
}

_rules contains [topic, rule] if {
	some topic, rule
	data.rules[topic][rule].warn
}
