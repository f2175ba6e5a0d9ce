package rules.network.allow_all_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.network.allow_all

_policy(spec) := examples.combined([examples.resource("networking.k8s.io/v1", "NetworkPolicy", "cart", {"spec": spec})])

_from(peer) := _policy({"ingress": [{"from": [peer], "ports": [{"port": 80}]}]})

test_accepts_named_peers if {
	every peer in [
		{"podSelector": {"matchLabels": {"app": "web"}}},
		{"podSelector": {"matchLabels": {"app": "web"}}, "namespaceSelector": {}},
		{"namespaceSelector": {"matchLabels": {"team": "shop"}}},
		{"podSelector": {}, "namespaceSelector": {"matchLabels": {"team": "shop"}}},
		{"ipBlock": {"cidr": "192.0.2.0/24"}},
	] {
		assert.none(allow_all.deny) with input as _from(peer)
	}
}

test_denies_rules_without_peers if {
	every rule in [{}, {"from": []}, {"from": null}, {"ports": [{"port": 80}]}] {
		assert.messages(allow_all.deny, {
			"NetworkPolicy/cart: an ingress rule has no peers and so allows all of them",
		}) with input as _policy({"ingress": [rule]})
	}
	assert.messages(allow_all.deny, {
		"NetworkPolicy/cart: an egress rule has no peers and so allows all of them",
	}) with input as _policy({"egress": [{}]})
}

test_denies_empty_peers if {
	every peer in [{}, {"podSelector": null}, "web"] {
		assert.messages(allow_all.deny, {
			"NetworkPolicy/cart: an ingress rule allows all peers, because its peer is empty",
		}) with input as _from(peer)
	}
}

test_denies_all_pods_of_the_namespace if {
	every peer in [{"podSelector": {}}, {"podSelector": {"matchLabels": {}}, "namespaceSelector": null}] {
		assert.messages(allow_all.deny, {
			"NetworkPolicy/cart: an ingress rule allows every pod of its namespace",
		}) with input as _from(peer)
	}
}

test_denies_all_namespaces if {
	every peer in [{"namespaceSelector": {}}, {"namespaceSelector": {"matchLabels": {}}, "podSelector": {}}] {
		assert.messages(allow_all.deny, {
			"NetworkPolicy/cart: an ingress rule allows every pod of every namespace",
		}) with input as _from(peer)
	}
}

test_denies_every_port_of_the_internet if {
	every cidr in ["0.0.0.0/0", "128.0.0.0/1", "10.0.0.0/7", "::/0", "fc00::/6"] {
		assert.messages(allow_all.deny, {
			sprintf("NetworkPolicy/cart: an egress rule allows every port of %s", [cidr]),
		}) with input as _policy({"egress": [{"to": [{"ipBlock": {"cidr": cidr}}]}]})
	}
}

test_accepts_blocks_with_ports_or_exceptions if {
	assert.none(allow_all.deny) with input as _from({"ipBlock": {"cidr": "0.0.0.0/0"}})
	except := {"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}}
	assert.none(allow_all.deny) with input as _policy({"egress": [{"to": [except]}]})
	every cidr in ["10.0.0.0/8", "fc00::/7"] {
		assert.none(allow_all.deny) with input as _policy({"egress": [{"to": [{"ipBlock": {"cidr": cidr}}]}]})
	}
}

test_points_at_the_peer if {
	assert.same({found.path | some found in allow_all.deny}, {"/spec/ingress/0/from/0"}) with input as _from({})
}

test_denies_a_peer_that_is_both_once if {
	every field, pods in {
		"namespaceSelector": "every pod of every namespace",
		"podSelector": "every pod of its namespace",
	} {
		both := {field: {}, "ipBlock": {"cidr": "0.0.0.0/0"}}
		assert.messages(allow_all.deny, {
			sprintf("NetworkPolicy/cart: an ingress rule allows %s", [pods]),
		}) with input as _policy({"ingress": [{"from": [both]}]})
	}
}
