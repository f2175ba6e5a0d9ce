# METADATA
# title: Volumes have a type that restricted allows
# description: |
#   Other volume types, such as the old in-tree storage drivers, need rights that a pod should not have. Use a
#   PersistentVolumeClaim for storage.
# custom:
#   id: workloads.volume_types
#   profile: restricted
#   general: warn
#   subjects: pods
#   severity: high
#   fix: "use one of configMap, csi, downwardAPI, emptyDir, ephemeral, image, persistentVolumeClaim, projected, secret"
#   docs: https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
package rules.pod_security.volume_types

import data.lib.finding
import data.lib.pods
import data.lib.values

_allowed := {
	"configMap",
	"csi",
	"downwardAPI",
	"emptyDir",
	"ephemeral",
	"image",
	"persistentVolumeClaim",
	"projected",
	"secret",
}

# workloads.host_path denies these.
_baseline := {"hostPath"}

deny contains found if {
	some pod in pods.templates
	some index, volume in values.list(values.at(pod.spec, ["volumes"]))
	some type, _ in object.remove(values.map(volume), ["name"])
	not type in (_allowed | _baseline)
	found := finding.about_pod(pod, {
		"msg": sprintf("volume %s has the forbidden type %s", [values.text(values.at(volume, ["name"])), type]),
		"fix": "use a persistentVolumeClaim, emptyDir, configMap, secret or projected volume",
		"path": sprintf("/volumes/%d/%s", [index, type]),
	})
}
