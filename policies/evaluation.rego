# METADATA
# title: Evaluation
# description: |
#   Says how many documents and which rules took part, so that the caller can tell "nothing wrong" from
#   "nothing looked at".
package evaluation

# METADATA
# description: Always exactly one, never a fault.
warn contains {
	"msg": "evaluation",
	"documents": count(input),
	"rules": rules,
}

rules := sort([concat(".", [topic, rule]) |
	some topic, rule
	data.rules[topic][rule].deny
])
