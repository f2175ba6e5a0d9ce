# METADATA
# title: The target of an autoscaler exists
# description: |
#   An autoscaler without a valid target scales nothing, and only its status shows that. If the rendered manifests have
#   no object of that kind in the namespace, the target may exist elsewhere. Then the rule only warns.
# custom:
#   id: autoscaling.target
#   profile: general
#   subjects: [autoscaling/HorizontalPodAutoscaler, keda.sh/ScaledObject]
#   severity: high
#   fix: "set apiVersion, kind and name of the workload in scaleTargetRef"
#   docs: https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/
package rules.autoscaling.target

import data.lib.finding
import data.lib.pods
import data.lib.references
import data.lib.scaling

deny contains found if some found in _missing.deny

warn contains found if some found in _missing.warn

_missing[level] contains found if {
	some scaler in scaling.scalers
	type := concat("/", [scaler.target.group, scaler.target.kind])
	level := _level(type, scaler)
	found := finding.about(scaler.resource, {
		"msg": sprintf("scales %s %s, which is not rendered", [type, scaler.target.name]),
		"fix": "set apiVersion, kind and name of a workload in the same namespace",
		"path": "/spec/scaleTargetRef/name",
	})
}

# A workload of that name exists with another type, so the type is wrong.
_level(type, scaler) := "deny" if {
	not references.exists(type, scaler.resource.namespace, scaler.target.name)
	some pod in pods.templates
	pod.resource.namespace == scaler.resource.namespace
	pod.resource.name == scaler.target.name
} else := references.level(type, scaler.resource.namespace, scaler.target.name)
