package rules.network.dns_egress_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.network.dns_egress

_policy(spec) := examples.resource("networking.k8s.io/v1", "NetworkPolicy", "dns", {"spec": spec})

_deny := _policy({"podSelector": {}, "policyTypes": ["Ingress", "Egress"]})

_kube_dns := {
	"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
	"podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
}

_both := [{"port": 53, "protocol": "UDP"}, {"port": 53}]

_pod := examples.workload("Deployment", examples.pod_spec)

_target(rule) := examples.combined([_pod, _deny, _policy({"podSelector": {}, "egress": [rule]})])

_faults := {"Deployment/cart: cannot reach DNS with TCP", "Deployment/cart: cannot reach DNS with UDP"}

_cluster := {"dns": {
	"namespace": {"kubernetes.io/metadata.name": "kube-system"},
	"pods": {"k8s-app": "kube-dns"},
}}

test_accepts_both_protocols if {
	assert.messages(dns_egress.deny, set()) with input as _target({"to": [_kube_dns], "ports": _both})
		with data.cluster as _cluster
}

test_accepts_the_namespace_all_ports_and_all_peers if {
	namespace_alone := object.remove(_kube_dns, ["podSelector"])
	assert.messages(dns_egress.deny, set()) with input as _target({"to": [namespace_alone], "ports": _both})
		with data.cluster as _cluster
	assert.messages(dns_egress.deny, set()) with input as _target({"to": [_kube_dns]})
		with data.cluster as _cluster
	assert.messages(dns_egress.deny, set()) with input as _target({"ports": _both})
		with data.cluster as _cluster
}

test_accepts_named_open_and_ranged_ports if {
	every ports in [
		[{"port": "dns", "protocol": "UDP"}, {"port": "dns-tcp"}],
		[{"protocol": "UDP"}, {"protocol": "TCP"}],
		[{"port": 1, "endPort": 100, "protocol": "UDP"}, {"port": 53, "endPort": 53}],
	] {
		assert.messages(dns_egress.deny, set()) with input as _target({"to": [_kube_dns], "ports": ports})
			with data.cluster as _cluster
	}
}

test_asks_nothing_where_egress_is_open if {
	assert.messages(dns_egress.deny, set()) with input as examples.combined([_pod])
		with data.cluster as _cluster
}

test_denies_egress_without_dns if {
	assert.messages(dns_egress.deny, _faults) with input as examples.combined([_pod, _deny])
		with data.cluster as _cluster
}

test_denies_one_protocol_alone if {
	target := _target({"to": [_kube_dns], "ports": [{"port": 53, "protocol": "UDP"}]})
	assert.messages(dns_egress.deny, {"Deployment/cart: cannot reach DNS with TCP"}) with input as target
		with data.cluster as _cluster
}

test_denies_other_ports if {
	every port in [80, 54, "web"] {
		target := _target({"to": [_kube_dns], "ports": [{"port": port, "protocol": "UDP"}, {"port": port}]})
		assert.messages(dns_egress.deny, _faults) with input as target
			with data.cluster as _cluster
	}
	ranges := [{"port": 1, "endPort": 52}, {"port": 9, "protocol": "UDP"}]
	assert.messages(dns_egress.deny, _faults) with input as _target({"to": [_kube_dns], "ports": ranges})
		with data.cluster as _cluster
}

test_denies_other_peers if {
	every peer in [
		{"podSelector": {"matchLabels": {"k8s-app": "kube-dns"}}},
		object.union(_kube_dns, {"podSelector": {"matchLabels": {"k8s-app": "web"}}}),
		{"ipBlock": {"cidr": "10.0.0.0/8"}},
	] {
		assert.messages(dns_egress.deny, _faults) with input as _target({"to": [peer], "ports": _both})
			with data.cluster as _cluster
	}
}

test_a_policy_for_other_pods_does_not_help if {
	others := {"podSelector": {"matchLabels": {"app": "web"}}, "egress": [{"to": [_kube_dns], "ports": _both}]}
	assert.messages(dns_egress.deny, _faults) with input as examples.combined([_pod, _deny, _policy(others)])
		with data.cluster as _cluster
}

test_asks_nothing_of_pods_whose_egress_no_policy_denies if {
	every spec in [
		{"podSelector": {}, "policyTypes": ["Ingress"]},
		{"podSelector": {"matchLabels": {"app": "web"}}, "policyTypes": ["Egress"]},
	] {
		assert.messages(dns_egress.deny, set()) with input as examples.combined([_pod, _policy(spec)])
			with data.cluster as _cluster
	}
}

test_a_rule_of_a_type_that_is_off_does_not_help if {
	off := {"policyTypes": ["Ingress"], "egress": [{"to": [_kube_dns], "ports": _both}]}
	assert.messages(dns_egress.deny, _faults) with input as examples.combined([_pod, _deny, _policy(off)])
		with data.cluster as _cluster
}
