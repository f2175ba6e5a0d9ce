# METADATA
# title: Pods belong to a workload
# description: |
#   Nothing recreates a bare Pod when its node fails. A Deployment, StatefulSet, DaemonSet or Job does.
# custom:
#   id: workloads.naked_pods
#   profile: general
#   subjects: Pod
#   severity: low
#   fix: "use a Deployment, StatefulSet, DaemonSet or Job instead of a bare Pod"
#   docs: https://kubernetes.io/docs/concepts/configuration/overview/#naked-pods-vs-replicasets-deployments-and-jobs
package rules.workloads.naked_pods

import data.lib.documents
import data.lib.finding
import data.lib.values

warn contains found if {
	some pod in documents.of("", "Pod")
	count(values.list(values.at(pod.content, ["metadata", "ownerReferences"]))) == 0
	found := finding.about(pod, {
		"msg": "is a bare Pod, and nothing recreates it",
		"fix": "use a Deployment, StatefulSet, DaemonSet or Job instead of a bare Pod",
		"path": "/kind",
	})
}
