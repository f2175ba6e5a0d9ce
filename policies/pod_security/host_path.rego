# METADATA
# title: Pods do not mount host paths
# description: |
#   A hostPath volume exposes files of the node, for example the keys of the kubelet and the socket of the container
#   runtime.
# custom:
#   id: workloads.host_path
#   profile: baseline
#   subjects: pods
#   severity: high
#   fix: "use a persistentVolumeClaim, emptyDir, configMap, secret or projected volume instead of hostPath"
#   docs: https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
package rules.pod_security.host_path

import data.lib.finding
import data.lib.pods
import data.lib.values

deny contains found if {
	some pod in pods.templates
	some index, volume in values.list(values.at(pod.spec, ["volumes"]))
	values.at(volume, ["hostPath"]) != null
	found := finding.about_pod(pod, {
		"msg": sprintf("volume %s mounts a path of the node", [values.text(values.at(volume, ["name"]))]),
		"fix": "use a persistentVolumeClaim, emptyDir, configMap, secret or projected volume",
		"path": sprintf("/volumes/%d/hostPath", [index]),
	})
}
