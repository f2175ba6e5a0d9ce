# METADATA
# title: A container that is busy is not restarted
# description: |
#   Where liveness asks the same as readiness, what only takes a container out of traffic also kills it a moment
#   later; and while it starts nothing but a startup probe tells the two apart. Warned of, and denied where the table
#   `strict` lists conventions.
# custom:
#   id: workloads.probe_pairs
#   profile: general
#   subjects: containers
#   severity: low
#   fix: "let livenessProbe ask less than readinessProbe, or add a startupProbe"
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
		"msg": "asks the same in livenessProbe as in readinessProbe, without a startupProbe",
		"fix": "let livenessProbe ask less than readinessProbe, or add a startupProbe",
		"path": "/livenessProbe",
	})
}

_question(probe) := question if {
	question := object.filter(values.map(probe), ["exec", "grpc", "httpGet", "tcpSocket"])
	count(question) > 0
}
