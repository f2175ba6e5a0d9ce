# METADATA
# title: Volumes that containers mount are declared
# description: |
#   The API server rejects a pod whose container mounts a volume that neither the pod nor a claim template declares.
# custom:
#   id: references.volume
#   profile: general
#   subjects: containers
#   severity: high
#   fix: "declare the volume in the pod or as a claim template of its StatefulSet, or correct the name"
#   docs: https://kubernetes.io/docs/concepts/storage/volumes/
package rules.references.volume

import data.lib.finding
import data.lib.pods
import data.lib.values

deny contains found if {
	some container in pods.containers
	some field in ["volumeDevices", "volumeMounts"]
	some index, mount in values.list(values.at(container.content, [field]))
	not _is_declared(container.pod, mount.name)
	found := finding.about_container(container, {
		"msg": sprintf("mounts volume %v, which the pod does not declare", [mount.name]),
		"fix": sprintf("declare volume %v, or correct the name", [mount.name]),
		"path": sprintf("/%s/%d/name", [field, index]),
	})
}

_is_declared(pod, name) if {
	some volume in values.list(values.at(pod.spec, ["volumes"]))
	volume.name == name
}

_is_declared(pod, name) if {
	some claim in values.list(values.at(pod.resource.content, ["spec", "volumeClaimTemplates"]))
	claim.metadata.name == name
}
