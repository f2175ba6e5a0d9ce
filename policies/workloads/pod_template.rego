# METADATA
# title: Workloads have a valid list of containers
# description: |
#   If the list of containers is missing, empty or of the wrong type, no other rule finds a container in it, and all of
#   them pass.
# custom:
#   id: workloads.pod_template
#   profile: baseline
#   subjects: pods
#   severity: high
#   fix: "write containers as a list of objects, each with a name"
package rules.workloads.pod_template

import data.lib.finding
import data.lib.pods
import data.lib.values

deny contains found if {
	some pod in pods.templates
	count(values.list(values.at(pod.spec, ["containers"]))) == 0
	found := finding.about_pod(pod, {
		"msg": "the pod has no containers",
		"fix": "write containers as a list of objects, each with a name",
		"path": "/containers",
	})
}

deny contains found if {
	some pod in pods.templates
	some list in ["ephemeralContainers", "initContainers"]
	not is_array(object.get(pod.spec, list, []))
	found := finding.about_pod(pod, {
		"msg": sprintf("%s is not a list", [list]),
		"fix": sprintf("write %s as a list of objects, each with a name", [list]),
		"path": sprintf("/%s", [list]),
	})
}

deny contains found if {
	some pod in pods.templates
	some list in ["containers", "ephemeralContainers", "initContainers"]
	some index, container in values.list(values.at(pod.spec, [list]))
	values.text(values.at(values.map(container), ["name"])) == ""
	found := finding.about_pod(pod, {
		"msg": sprintf("element %d of %s is not a container with a name", [index, list]),
		"fix": sprintf("write %s as a list of objects, each with a name", [list]),
		"path": sprintf("/%s/%d", [list, index]),
	})
}
