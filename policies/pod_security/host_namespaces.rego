# METADATA
# title: Pods do not use host namespaces
# description: |
#   hostNetwork bypasses every NetworkPolicy. hostPID and hostIPC expose the processes and the shared memory of other
#   pods on the node.
# custom:
#   id: workloads.host_namespaces
#   profile: baseline
#   subjects: pods
#   severity: high
#   fix: "remove hostNetwork, hostPID and hostIPC"
#   docs: https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
package rules.pod_security.host_namespaces

import data.lib.finding
import data.lib.pods

deny contains found if {
	some pod in pods.templates
	some field in ["hostIPC", "hostNetwork", "hostPID"]
	not object.get(pod.spec, field, false) in {null, false}
	found := finding.about_pod(pod, {
		"msg": sprintf("the pod uses a host namespace: %s", [field]),
		"fix": sprintf("remove %s", [field]),
		"path": sprintf("/%s", [field]),
		"remove": true,
	})
}
