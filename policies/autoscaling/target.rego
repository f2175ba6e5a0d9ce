# METADATA
# title: What an autoscaler scales exists
# description: |
#   An autoscaler whose target is absent, or of another API group, scales nothing and only its status says so. Where
#   the target keeps no object of that kind in the namespace it may be elsewhere, which is a warning.
# custom:
#   id: autoscaling.target
#   profile: general
#   subjects: [autoscaling/HorizontalPodAutoscaler, keda.sh/ScaledObject]
#   severity: high
#   fix: "write apiVersion, kind and name of the workload in scaleTargetRef"
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
		"msg": sprintf("scales %s %s, which the target does not hold", [type, scaler.target.name]),
		"fix": "write apiVersion, kind and name of a workload of the same namespace",
		"path": "/spec/scaleTargetRef/name",
	})
}

# A workload of that name but another type is there, so it is the type that is wrong.
_level(type, scaler) := "deny" if {
	not references.exists(type, scaler.resource.namespace, scaler.target.name)
	some pod in pods.templates
	pod.resource.namespace == scaler.resource.namespace
	pod.resource.name == scaler.target.name
} else := references.level(type, scaler.resource.namespace, scaler.target.name)
