package lib.parties_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.lib.parties

_cart := examples.caller("cart", [
	{"name": "http", "containerPort": 8080},
	{"name": "http", "containerPort": 53, "protocol": "UDP"},
])

_web := examples.caller("web", [])

_table := {
	"groups": {"carts": {"app": "cart"}},
	"others": {
		"dns": {"namespace": "kube-system", "pods": {"k8s-app": "kube-dns"}},
		"visitor": {"pods": {"visitor": "true"}},
		"scaler": {"namespace": "keda", "pods": {"app": "keda"}, "with": "keda.sh/ScaledObject"},
		"internet": {"addresses": ["0.0.0.0/0"], "except": ["10.0.0.0/8"]},
	},
}

_titles(ids) := {parties.all_parties[id].title | some id in ids}

_kube_system := {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}

_named := {"matchExpressions": [{"key": "kubernetes.io/metadata.name", "operator": "Exists"}]}

_expression(operator, allowed) := {"matchExpressions": [{"key": "app", "operator": operator, "values": allowed}]}

# A target with a policy that allows ingress from this peer, and with these additional documents.
_from(peer, others) := examples.combined(array.concat([_cart, _web, policy], others)) if {
	policy := examples.network_policy("cart", {"ingress": [{"from": [peer]}]})
}

test_the_title_of_a_job_has_no_hash if {
	jobs := [{
		"apiVersion": version,
		"kind": kind,
		"metadata": {"name": name, "namespace": "shop"},
		"spec": {"template": {"metadata": {"labels": {"app": "migrate"}}, "spec": {"containers": [{"name": "one"}]}}},
	} |
		some [version, kind, name] in [
			["batch/v1", "Job", "migrate-bbbbb22222"],
			["batch/v1", "Job", "copy"],
			["apps/v1", "Deployment", "web-bbbbb22222"],
		]
	]
	titles := _titles(parties.own) with input as examples.combined(jobs) with data.flows as {}
	assert.same({title | some title in titles; not startswith(title, "a pod")}, {"migrate", "copy", "web-bbbbb22222"})
}

test_all_parties_have_a_position if {
	titles := [party.title | some party in parties.all_parties] with input as examples.combined([_cart, _web])
		with data.flows as _table
	assert.same(sort(titles), [
		"a pod with unknown labels in kube-system", "a pod with unknown labels in shop",
		"a pod without labels in kube-system", "a pod without labels in shop",
		"addresses in 10.0.0.0/8",
		"any pod of an unknown namespace", "any pod of an unknown namespace with labels",
		"cart", "dns", "internet", "visitor", "web",
	])
}

test_others_may_depend_on_a_kind_or_an_object if {
	scaled := examples.resource("keda.sh/v1alpha1", "ScaledObject", "cart", {})
	every with_it in ["keda.sh/ScaledObject", "keda.sh/ScaledObject/cart"] {
		table := {"others": {"scaler": {"namespace": "keda", "pods": {}, "with": with_it}}}
		"scaler" in _titles([id | some id, _ in parties.all_parties]) with data.flows as table
			with input as examples.combined([_cart, scaled])
		not "scaler" in _titles([id | some id, _ in parties.all_parties]) with data.flows as table
			with input as examples.combined([_cart])
	}
}

test_the_policies_govern_the_namespaces_of_the_target if {
	own := _titles(parties.own) with input as examples.combined([_cart]) with data.flows as _table
	assert.same(own, {"a pod with unknown labels in shop", "a pod without labels in shop", "cart", "visitor"})
}

test_names_of_the_table if {
	named := {name: _titles(ids) | some name, ids in parties.named.shop} with data.flows as _table
		with input as examples.combined([_cart, _web])
	assert.same(named.cart, {"cart"})
	assert.same(named.carts, {"cart"})
	assert.same(named.dns, {"dns"})
	assert.same(named.internet, {"internet"})
	assert.same(
		named["every pod"],
		{"a pod with unknown labels in shop", "a pod without labels in shop", "cart", "visitor", "web"},
	)
}

test_a_group_is_of_rendered_pods if {
	table := object.union(_table, {"groups": {"visitors": {"visitor": "true"}}})
	not parties.named.shop.visitors with data.flows as table with input as examples.combined([_cart])
}

test_strangers_are_undeclared_pods if {
	strangers := {party.title | some party in parties.all_parties; party.stranger} with data.flows as {}
		with input as examples.combined([_cart])
	assert.same(strangers, {
		"a pod with unknown labels in shop", "a pod without labels in shop",
		"any pod of an unknown namespace", "any pod of an unknown namespace with labels",
	})
}

test_addresses_are_in_no_namespace if {
	pod := json.remove(_cart, ["metadata/namespace"])
	rendered := json.remove(examples.network_policy("cart", {"podSelector": {}}), ["metadata/namespace"])
	policy := {"content": rendered, "namespace": ""}
	assert.same(_titles(parties.subjects(policy)), {
		"a pod with unknown labels in ", "a pod without labels in ", "cart", "visitor",
	}) with input as examples.combined([pod, rendered]) with data.flows as _table
}

test_a_container_names_its_ports if {
	assert.same(parties.all_parties["000000"].ports, {["http", "TCP", 8080], ["http", "UDP", 53]})
		with input as examples.combined([_cart])
}

test_peers_of_the_namespace if {
	every case in [
		[{"matchLabels": {"app": "cart"}}, {"cart"}],
		[_expression("Exists", []), {"a pod with unknown labels in shop", "cart", "web"}],
		[_expression("NotIn", ["web"]), {
			"a pod with unknown labels in shop", "a pod without labels in shop", "cart", "visitor",
		}],
		[{"matchLabels": {"k8s-app": "kube-dns"}}, set()],
	] {
		peer := {"podSelector": case[0]}
		assert.same(_titles(parties.members(peer, "shop")), case[1]) with input as _from(peer, [])
			with data.flows as _table
	}
}

test_peers_of_other_namespaces if {
	every case in [
		[_kube_system, {"matchLabels": {"k8s-app": "kube-dns"}}, {"dns"}],
		[_kube_system, null, {
			"a pod with unknown labels in kube-system", "a pod without labels in kube-system", "dns",
		}],
		[{}, {"matchLabels": {"app": "cart"}}, {
			"any pod of an unknown namespace", "any pod of an unknown namespace with labels", "cart",
		}],
		[_expression("Exists", []), null, {"any pod of an unknown namespace with labels"}],
		[_named, {"matchLabels": {"app": "cart"}}, {
			"any pod of an unknown namespace", "any pod of an unknown namespace with labels", "cart",
		}],
	] {
		peer := {"namespaceSelector": case[0], "podSelector": case[1]}
		assert.same(_titles(parties.members(peer, "shop")), case[2]) with input as _from(peer, [])
			with data.flows as _table
	}
}

test_a_namespace_may_be_rendered_with_its_labels if {
	shop := {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"team": "a"}}}
	peer := {"namespaceSelector": {"matchLabels": {"team": "a"}}, "podSelector": {"matchLabels": {"app": "cart"}}}
	assert.same(_titles(parties.members(peer, "shop")), {"cart"}) with input as _from(peer, [shop])
	assert.same(_titles(parties.members(peer, "shop")), set()) with input as _from(peer, [])
}

test_peers_by_address if {
	every case in [
		[{"cidr": "0.0.0.0/0"}, {"internet", "addresses in 10.0.0.0/8"}],
		[{"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}, {"internet"}],
		[{"cidr": "10.1.0.0/16"}, {"addresses in 10.1.0.0/16"}],
		[{"cidr": "0.0.0.0/0", "except": ["10.1.0.0/16"]}, {"internet", "addresses in 10.0.0.0/8"}],
		[{"cidr": "::/0"}, {"addresses in ::/0"}],
		[{"cidr": "10.0.0.0/33"}, set()],
	] {
		peer := {"ipBlock": case[0]}
		assert.same(_titles(parties.members(peer, "shop")), case[1]) with input as _from(peer, [])
			with data.flows as _table
	}
}

test_a_block_that_narrower_ones_fill_has_no_addresses_left if {
	halves := examples.network_policy("halves", {"egress": [{"to": [
		{"ipBlock": {"cidr": "10.0.0.0/9"}},
		{"ipBlock": {"cidr": "10.128.0.0/9"}},
	]}]})
	whole := {"ipBlock": {"cidr": "10.0.0.0/8"}}
	assert.same(_titles(parties.members(whole, "shop")), {
		"addresses in 10.0.0.0/9",
		"addresses in 10.128.0.0/9",
	}) with input as _from(whole, [halves]) with data.flows as _table
}

test_a_policy_selects_in_its_namespace if {
	every case in [["shop", {"cart"}], ["else", set()]] {
		rendered := object.union(
			examples.network_policy("cart", {"podSelector": {"matchLabels": {"app": "cart"}}}),
			{"metadata": {"namespace": case[0]}},
		)
		policy := {"content": rendered, "namespace": case[0]}
		assert.same(_titles(parties.subjects(policy)), case[1]) with input as examples.combined([_cart, _web, rendered])
	}
}

test_addresses_are_called_after_the_narrowest_block if {
	table := {"others": {
		"anybody": {"addresses": ["0.0.0.0/0", "::/0", "0.0.0.0/1"]},
		"internet": {"addresses": ["0.0.0.0/0"], "except": ["10.0.0.0/8"]},
		"cache": {"addresses": ["10.0.0.10/32"]},
	}}
	titles := {party.block: party.title | some party in parties.all_parties} with data.flows as table with input as []
	assert.same(titles, {
		"0.0.0.0/0": "internet",
		"0.0.0.0/1": "anybody",
		"10.0.0.0/8": "anybody",
		"10.0.0.10/32": "cache",
		"::/0": "anybody",
	})
}
