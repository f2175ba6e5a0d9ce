package rules.network.dns_egress_test

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

_faults := {"Deployment/cart: may not reach DNS by TCP", "Deployment/cart: may not reach DNS by UDP"}

_cluster := {"dns": {
	"namespace": {"kubernetes.io/metadata.name": "kube-system"},
	"pods": {"k8s-app": "kube-dns"},
}}

_found(target) := messages if {
	messages := examples.messages(dns_egress.deny) with input as target with data.cluster as _cluster
}

test_accepts_both_protocols if {
	_found(_target({"to": [_kube_dns], "ports": _both})) == set()
}

test_accepts_the_namespace_all_ports_and_all_peers if {
	_found(_target({"to": [object.remove(_kube_dns, ["podSelector"])], "ports": _both})) == set()
	_found(_target({"to": [_kube_dns]})) == set()
	_found(_target({"ports": _both})) == set()
}

test_accepts_named_open_and_ranged_ports if {
	every ports in [
		[{"port": "dns", "protocol": "UDP"}, {"port": "dns-tcp"}],
		[{"protocol": "UDP"}, {"protocol": "TCP"}],
		[{"port": 1, "endPort": 100, "protocol": "UDP"}, {"port": 53, "endPort": 53}],
	] {
		_found(_target({"to": [_kube_dns], "ports": ports})) == set()
	}
}

test_asks_nothing_where_egress_is_open if {
	_found(examples.combined([_pod])) == set()
}

test_denies_egress_without_dns if {
	_found(examples.combined([_pod, _deny])) == _faults
}

test_denies_one_protocol_alone if {
	_found(_target({"to": [_kube_dns], "ports": [{"port": 53, "protocol": "UDP"}]})) == {
		"Deployment/cart: may not reach DNS by TCP",
	}
}

test_denies_other_ports if {
	every port in [80, 54, "web"] {
		_found(_target({"to": [_kube_dns], "ports": [{"port": port, "protocol": "UDP"}, {"port": port}]})) == _faults
	}
	_found(_target({"to": [_kube_dns], "ports": [{"port": 1, "endPort": 52}, {"port": 9, "protocol": "UDP"}]})) == _faults
}

test_denies_other_peers if {
	every peer in [
		{"podSelector": {"matchLabels": {"k8s-app": "kube-dns"}}},
		object.union(_kube_dns, {"podSelector": {"matchLabels": {"k8s-app": "web"}}}),
		{"ipBlock": {"cidr": "10.0.0.0/8"}},
	] {
		_found(_target({"to": [peer], "ports": _both})) == _faults
	}
}

test_a_policy_for_other_pods_does_not_help if {
	others := {"podSelector": {"matchLabels": {"app": "web"}}, "egress": [{"to": [_kube_dns], "ports": _both}]}
	_found(examples.combined([_pod, _deny, _policy(others)])) == _faults
}
