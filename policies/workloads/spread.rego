# METADATA
# title: Replicas run on several nodes
# description: |
#   If all replicas run on one node or in one zone, its failure stops the whole workload. Topology spread constraints or
#   anti-affinity keep replicas apart, if they select the pods of the workload itself. The rule warns. It
#   denies in namespaces for which the table `strict` lists
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
import data.lib.selectors
import data.lib.strictness
import data.lib.values

deny contains found if some found in strictness.denied("conventions", _left)

warn contains found if some found in strictness.warned("conventions", _left)

_left contains found if {
	some pod in pods.templates
	scaling.most(pod.resource) > 1
	not _is_kept_apart(pod)
	found := finding.about_pod(pod, {
		"msg": "all replicas of the pod may run on the same node",
		"fix": "add topologySpreadConstraints over kubernetes.io/hostname and topology.kubernetes.io/zone",
		"path": "/topologySpreadConstraints",
	})
}

_is_kept_apart(pod) if {
	some constraint in values.list(values.at(pod.spec, ["topologySpreadConstraints"]))
	_selects(constraint, pod)
}

_is_kept_apart(pod) if {
	some term in _terms(values.map(values.at(pod.spec, ["affinity", "podAntiAffinity"])))
	_selects(term, pod)
	_is_of_its_namespace(term, pod)
}

_terms(affinity) := array.concat(
	values.list(values.at(affinity, ["requiredDuringSchedulingIgnoredDuringExecution"])),
	[values.map(values.at(preferred, ["podAffinityTerm"])) |
		some preferred in values.list(values.at(affinity, ["preferredDuringSchedulingIgnoredDuringExecution"]))
	],
)

# A selector that is absent selects no pod, and an empty one selects all.
_selects(term, pod) if {
	selector := values.at(term, ["labelSelector"])
	is_object(selector)
	selectors.matches(selector, pod.labels)
}

# Without namespaces, the term is about the namespace of the pod. Labels of namespaces may be unknown.
_is_of_its_namespace(term, _) if {
	count(values.list(values.at(term, ["namespaces"]))) == 0
	values.at(term, ["namespaceSelector"]) == null
}

_is_of_its_namespace(term, pod) if pod.resource.namespace in values.list(values.at(term, ["namespaces"]))

_is_of_its_namespace(term, _) if is_object(values.at(term, ["namespaceSelector"]))
