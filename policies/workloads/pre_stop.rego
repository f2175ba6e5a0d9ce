# METADATA
# title: Pods finish their requests before they stop
# description: |
#   When a pod stops, the nodes learn about it with a delay. Requests still arrive for some seconds. No request is lost
#   if the container behind a Service waits in preStop, or informs its clients there. This applies only to workloads
#   that can have several replicas, because only there another pod can take the requests. The rule warns. It denies in
#   namespaces for which the table `strict` lists `conventions`.
# custom:
#   id: workloads.pre_stop
#   profile: strict
#   subjects: containers
#   severity: medium
#   fix: "lifecycle: {preStop: {sleep: {seconds: 10}}}, which needs no shell in the image, and a longer grace period"
#   docs: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination-flow
package rules.workloads.pre_stop

import data.lib.finding
import data.lib.pods
import data.lib.scaling
import data.lib.services
import data.lib.strictness
import data.lib.values

deny contains found if some found in strictness.denied("conventions", _left)

warn contains found if some found in strictness.warned("conventions", _left)

_left contains found if {
	some container in pods.containers
	container.list == "containers"
	pods.is_long_running(container.pod)
	scaling.most(container.pod.resource) > 1
	not _waits(values.at(container.content, ["lifecycle", "preStop"]))
	served := _services(container)
	count(served) > 0
	found := finding.about_container(container, {
		"msg": sprintf("serves %s but does not wait in preStop", [concat(", ", served)]),
		"fix": "lifecycle: {preStop: {sleep: {seconds: 10}}}",
		"path": "/lifecycle/preStop",
	})
}

# The Services with a port that leads to a port of the container.
_services(container) := {name |
	some [name, target] in _leading[container.pod.resource.namespace][container.pod.resource.name]
	some declared in values.list(values.at(container.content, ["ports"]))
	target in {values.at(declared, ["name"]), values.at(declared, ["containerPort"])}
}

# The Services by the namespace and workload that they select, with each target port. Computed once.
_leading := object.union(_targets, {})

_targets[namespace][workload] contains [service.resource.name, target] if {
	some service in services.selecting
	namespace := service.resource.namespace
	some pod in service.pods
	workload := pod.resource.name
	some port in service.ports
	target := object.get(port, "targetPort", port.port)
}

_waits(hook) if hook.sleep.seconds > 0

_waits(hook) if {
	some handler in ["exec", "httpGet"]
	is_object(hook[handler])
}
