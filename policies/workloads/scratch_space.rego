# METADATA
# title: Ephemeral storage is limited
# description: |
#   Data that a container writes outside of its claims fills the disk of the node. The kubelet may then evict other
#   pods. Requests and limits for ephemeral-storage and a sizeLimit for each emptyDir restrict the effect to the pod
#   that writes. The rule warns. It denies in namespaces for which the table `strict` lists `conventions`.
# custom:
#   id: workloads.scratch_space
#   profile: strict
#   subjects: containers
#   severity: low
#   fix: "set requests and limits for ephemeral-storage, and a sizeLimit for each emptyDir"
#   docs: https://kubernetes.io/docs/concepts/storage/ephemeral-storage/
package rules.workloads.scratch_space

import data.lib.finding
import data.lib.pods
import data.lib.resource_quantity
import data.lib.strictness
import data.lib.values

deny contains found if some found in strictness.denied("conventions", _left)

warn contains found if some found in strictness.warned("conventions", _left)

_left contains found if {
	some container in pods.containers
	container.list != "ephemeralContainers"
	missing := [part |
		some part in ["requests", "limits"]
		not resource_quantity.is_positive(values.at(container.content, ["resources", part, "ephemeral-storage"]))
	]
	count(missing) > 0
	found := finding.about_container(container, {
		"msg": sprintf("does not set ephemeral-storage in %s", [concat(", ", missing)]),
		"fix": "resources: {requests: {ephemeral-storage: …}, limits: {ephemeral-storage: …}}",
		"path": "/resources",
	})
}

_left contains found if {
	some pod in pods.templates
	some index, volume in values.list(values.at(pod.spec, ["volumes"]))
	values.at(volume, ["emptyDir"]) != null
	not resource_quantity.is_positive(values.at(volume, ["emptyDir", "sizeLimit"]))
	found := finding.about_pod(pod, {
		"msg": sprintf("volume %s is an emptyDir without a sizeLimit", [values.text(values.at(volume, ["name"]))]),
		"fix": "emptyDir: {sizeLimit: …}",
		"path": sprintf("/volumes/%d/emptyDir", [index]),
	})
}
