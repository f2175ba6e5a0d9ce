# METADATA
# title: Autoscalers use metrics for which containers set requests
# description: |
#   CPU or memory utilization is a percentage of the requests of the containers. If one container has no request, the
#   autoscaler cannot compute the percentage and does not scale.
# custom:
#   id: autoscaling.metrics
#   profile: general
#   subjects: [autoscaling/HorizontalPodAutoscaler, keda.sh/ScaledObject]
#   severity: high
#   fix: "set the request in every container of the workload, or scale by another metric"
#   docs: https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/
package rules.autoscaling.metrics

import data.lib.effective_resources
import data.lib.finding
import data.lib.pods
import data.lib.scaling
import data.lib.values

deny contains found if {
	some scaler in scaling.scalers
	some [metric, _] in scaler.utilization
	some container in pods.containers
	container.pod.resource.name == scaler.target.name
	container.pod.resource.kind == scaler.target.kind
	namespace := container.pod.resource.namespace
	namespace == scaler.resource.namespace
	_is_measured(container)
	resources := values.map(values.at(container.content, ["resources"]))
	not effective_resources.of_container(namespace, resources, "requests", metric)
	found := finding.about(scaler.resource, {
		"msg": sprintf("scales by the utilization of %s, but container %s of %s %s does not request any", [
			metric,
			container.name,
			scaler.target.kind,
			scaler.target.name,
		]),
		"fix": sprintf("set requests.%s in container %s", [metric, container.name]),
		"path": "/spec",
	})
}

# The containers that run as long as the pod. An ephemeral container has no restart policy.
_is_measured(container) if container.list == "containers"

_is_measured(container) if container.content.restartPolicy == "Always"
