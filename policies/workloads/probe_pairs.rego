# METADATA
# title: Busy containers are not restarted
# description: |
#   If the liveness probe is the same as the readiness probe, a container that is only busy is restarted. While a
#   container starts, only a startup probe distinguishes a slow start from a failure. The rule warns. It denies in
#   namespaces for which the table `strict` lists `conventions`.
# custom:
#   id: workloads.probe_pairs
#   profile: general
#   subjects: containers
#   severity: low
#   fix: "make the livenessProbe check less than the readinessProbe, or add a startupProbe"
#   docs: https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/
package rules.workloads.probe_pairs

import data.lib.finding
import data.lib.pods
import data.lib.strictness
import data.lib.values

deny contains found if some found in strictness.denied("conventions", _left)

warn contains found if some found in strictness.warned("conventions", _left)

_left contains found if {
	some container in pods.containers
	values.at(container.content, ["startupProbe"]) == null
	question := _question(values.at(container.content, ["livenessProbe"]))
	question == _question(values.at(container.content, ["readinessProbe"]))
	found := finding.about_container(container, {
		"msg": "has the same check in livenessProbe and readinessProbe, and no startupProbe",
		"fix": "make the livenessProbe check less than the readinessProbe, or add a startupProbe",
		"path": "/livenessProbe",
	})
}

_question(probe) := question if {
	question := object.filter(values.map(probe), ["exec", "grpc", "httpGet", "tcpSocket"])
	count(question) > 0
}
