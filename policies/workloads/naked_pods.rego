# METADATA
# title: Pods belong to a workload
# description: |
#   A Pod on its own is not started again when its node goes. A Deployment, StatefulSet, DaemonSet or Job does that.
# custom:
#   id: workloads.naked_pods
#   profile: general
#   subjects: Pod
#   severity: low
#   fix: "carry the pod by a Deployment, StatefulSet, DaemonSet or Job"
#   docs: https://kubernetes.io/docs/concepts/configuration/overview/#naked-pods-vs-replicasets-deployments-and-jobs
package rules.workloads.naked_pods

import data.lib.documents
import data.lib.finding
import data.lib.values

warn contains found if {
	some pod in documents.of("", "Pod")
	count(values.list(values.at(pod.content, ["metadata", "ownerReferences"]))) == 0
	found := finding.about(pod, {
		"msg": "stands on its own, and nothing starts it again",
		"fix": "carry the pod by a Deployment, StatefulSet, DaemonSet or Job",
		"path": "/kind",
	})
}
