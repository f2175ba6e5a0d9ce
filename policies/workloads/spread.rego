# METADATA
# title: Replicas run on several nodes
# description: |
#   If all replicas run on one node or in one zone, its failure stops the whole workload. Topology spread constraints or
#   anti-affinity keep replicas apart. The rule warns. It denies in namespaces for which the table `strict` lists
#   `conventions`.
# custom:
#   id: workloads.spread
#   profile: general
#   subjects: pods
#   severity: medium
#   fix: "add topologySpreadConstraints over kubernetes.io/hostname and topology.kubernetes.io/zone"
#   docs: https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/
package rules.workloads.spread

import data.lib.finding
import data.lib.pods
import data.lib.scaling
import data.lib.strictness
import data.lib.values

deny contains found if some found in strictness.denied("conventions", _left)

warn contains found if some found in strictness.warned("conventions", _left)

_left contains found if {
	some pod in pods.templates
	scaling.most(pod.resource) > 1
	count(values.list(values.at(pod.spec, ["topologySpreadConstraints"]))) == 0
	values.at(pod.spec, ["affinity", "podAntiAffinity"]) == null
	found := finding.about_pod(pod, {
		"msg": "all replicas of the pod may run on the same node",
		"fix": "add topologySpreadConstraints over kubernetes.io/hostname and topology.kubernetes.io/zone",
		"path": "/topologySpreadConstraints",
	})
}
