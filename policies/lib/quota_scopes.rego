# METADATA
# title: Scopes
# description: |
#   Which pods a ResourceQuota with scopes counts.
#   https://kubernetes.io/docs/concepts/policy/resource-quotas/#quota-scopes
package lib.quota_scopes

import data.lib.effective_resources
import data.lib.values

_known := {"BestEffort", "NotBestEffort", "NotTerminating", "PriorityClass", "Terminating"}

# All that a quota's spec names, each as an expression.
of(spec) := array.concat(
	[{"operator": "Exists", "scopeName": name} | some name in values.list(values.at(spec, ["scopes"]))],
	[expression |
		some expression in values.list(values.at(spec, ["scopeSelector", "matchExpressions"]))
		is_object(expression)
	],
)

# Those of which it cannot be said here what they select.
unknown(scopes) := {scope.scopeName | some scope in scopes} - _known

# Whether a pod is in all of them.
select(scopes, pod) if {
	every scope in scopes {
		_selects(scope.scopeName, scope, pod)
	}
}

_selects("Terminating", _, pod) if _ends(pod)

_selects("NotTerminating", _, pod) if not _ends(pod)

_selects("BestEffort", _, pod) if not _asks(pod)

_selects("NotBestEffort", _, pod) if _asks(pod)

_selects("PriorityClass", scope, pod) if _holds(scope.operator, scope, values.at(pod.spec, ["priorityClassName"]))

# The deadline of a Job is its own and not its pods'.
_ends(pod) if is_number(values.at(pod.spec, ["activeDeadlineSeconds"]))

# Whether it is sure of some CPU or memory, or may take only so much.
_asks(pod) if {
	some part in ["requests", "limits"]
	some name in ["cpu", "memory"]
	effective_resources.of_pod(pod, part, name) > 0
}

_holds("In", scope, class) if class in scope.values

_holds("NotIn", scope, class) if not class in scope.values

_holds("Exists", _, class) if class != null

_holds("DoesNotExist", _, null)
