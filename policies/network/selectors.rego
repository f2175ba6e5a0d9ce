# METADATA
# title: Network policies and their peers select pods
# description: |
#   A selector that matches no pods has no effect now, because of a typing error or a removed workload. Later, it gives
#   access to any pod with that label. The rule checks only pods of the namespace of the policy. It ignores labels that
#   no rendered pod has, and namespaces in which an operator creates pods.
# custom:
#   id: network.selectors
#   profile: general
#   subjects: networking.k8s.io/NetworkPolicy
#   severity: medium
#   fix: "correct the labels, or remove the policy or the peer"
#   docs: https://kubernetes.io/docs/concepts/services-networking/network-policies/#behavior-of-to-and-from-selectors
package rules.network.selectors

import data.lib.finding
import data.lib.network
import data.lib.pods
import data.lib.selectors
import data.lib.values
import data.lib.workloads

warn contains found if {
	some policy in network.policies
	_selects_nobody(policy, network.pod_selector(policy.content.spec))
	found := finding.about(policy, {
		"msg": "selects no pods",
		"fix": "correct the labels of its podSelector, or remove the policy",
		"path": "/spec/podSelector",
	})
}

warn contains found if {
	some rule in network.all_rules
	some index, peer in rule.peers
	is_null(values.at(peer, ["namespaceSelector"]))
	_selects_nobody(rule.policy, network.pod_selector(peer))
	found := finding.about(rule.policy, {
		"msg": sprintf("a peer of an %s rule selects no pods", [rule.title]),
		"fix": "correct the labels of the peer, or remove it",
		"path": sprintf("%s/%s/%d", [rule.path, rule.peer_field, index]),
	})
}

_selects_nobody(policy, selector) if {
	not policy.namespace in workloads.operated
	keys := selectors.keys(selector)
	every key in keys {
		_known_keys[policy.namespace][key]
	}
	every labels in _labels[policy.namespace] {
		not selectors.matches(selector, labels)
	}
}

_labels[pod.resource.namespace] contains pod.labels if some pod in pods.templates

_known_keys[namespace] contains key if {
	some namespace, sets in _labels
	some labels in sets
	some key in object.keys(labels)
}
