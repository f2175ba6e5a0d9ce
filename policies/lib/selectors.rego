# METADATA
# title: Selectors
# description: Label selectors, as Kubernetes evaluates them.
package lib.selectors

import data.lib.values

# An empty selector selects everything.
is_empty(selector) if {
	count(_labels(selector)) == 0
	count(_expressions(selector)) == 0
}

# The labels that a selector uses.
keys(selector) := object.keys(_labels(selector)) | {expression.key | some expression in _expressions(selector)}

matches(selector, labels) if {
	object.subset(labels, _labels(selector))
	every expression in _expressions(selector) {
		_holds(expression, labels)
	}
}

_labels(selector) := values.map(values.at(selector, ["matchLabels"]))

_expressions(selector) := values.list(values.at(selector, ["matchExpressions"]))

_holds(expression, labels) if {
	expression.operator == "In"
	labels[expression.key] in expression.values
}

_holds(expression, labels) if {
	expression.operator == "NotIn"
	not values.at(labels, [expression.key]) in expression.values
}

_holds(expression, labels) if {
	expression.operator == "Exists"
	expression.key in object.keys(labels)
}

_holds(expression, labels) if {
	expression.operator == "DoesNotExist"
	not expression.key in object.keys(labels)
}
