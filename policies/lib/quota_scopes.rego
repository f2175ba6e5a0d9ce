# METADATA
# title: Quota scopes
# description: |
#   Which pods a ResourceQuota with scopes counts.
#   https://kubernetes.io/docs/concepts/policy/resource-quotas/#quota-scopes
package lib.quota_scopes

import data.lib.effective_resources
import data.lib.values

_known := {"BestEffort", "NotBestEffort", "NotTerminating", "PriorityClass", "Terminating"}

# All scopes in the spec of a quota, each as an expression.
of(spec) := array.concat(
	[{"operator": "Exists", "scopeName": name} | some name in values.list(values.at(spec, ["scopes"]))],
	[expression |
		some expression in values.list(values.at(spec, ["scopeSelector", "matchExpressions"]))
		is_object(expression)
	],
)

# The scopes that this file does not support.
unknown(scopes) := {scope.scopeName | some scope in scopes} - _known

# Whether a pod is in all scopes.
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

# The deadline of a Job belongs to the Job, not to its pods.
_ends(pod) if is_number(values.at(pod.spec, ["activeDeadlineSeconds"]))

# Whether a container requests CPU or memory, or limits it.
_asks(pod) if {
	some part in ["requests", "limits"]
	some name in ["cpu", "memory"]
	effective_resources.of_pod(pod, part, name) > 0
}

_holds("In", scope, class) if class in scope.values

_holds("NotIn", scope, class) if not class in scope.values

_holds("Exists", _, class) if class != null

_holds("DoesNotExist", _, null)
