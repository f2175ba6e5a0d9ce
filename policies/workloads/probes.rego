# METADATA
# title: Long-running containers have probes
# description: |
#   Without a readiness probe, a pod gets traffic before it can serve it. Without a liveness probe, a container that
#   hangs is never restarted. Each container of a long-running workload needs both, and so does each of a bare Pod that
#   is restarted always.
# custom:
#   id: workloads.probes
#   profile: general
#   general: warn
#   subjects: containers
#   severity: medium
#   fix: "add livenessProbe and readinessProbe, each with exec, grpc, httpGet or tcpSocket"
#   docs: https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/
package rules.workloads.probes

import data.lib.finding
import data.lib.pods
import data.lib.values

deny contains found if {
	some container in pods.containers
	container.list == "containers"
	_is_long_running(container.pod)
	some probe in ["livenessProbe", "readinessProbe"]
	not _asks_something(values.at(container.content, [probe]))
	found := finding.about_container(container, {
		"msg": sprintf("has no %s", [probe]),
		"fix": sprintf("%s: {httpGet: {path: …, port: …}}", [probe]),
		"path": sprintf("/%s", [probe]),
	})
}

_asks_something(probe) if {
	some handler in ["exec", "grpc", "httpGet", "tcpSocket"]
	is_object(probe[handler])
}

_is_long_running(pod) if pods.is_long_running(pod)

_is_long_running(pod) if {
	pod.resource.kind == "Pod"
	object.get(pod.spec, "restartPolicy", "Always") == "Always"
	count(values.list(values.at(pod.resource.content, ["metadata", "ownerReferences"]))) == 0
}
