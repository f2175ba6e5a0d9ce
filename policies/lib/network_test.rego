package lib.network_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.lib.network
import data.lib.pods

_policy(spec) := {"content": {"spec": spec}, "namespace": "shop"}

_isolated(spec) := {direction |
	some direction, _ in network.directions
	network.isolates(_policy(spec), direction)
}

test_the_types_have_defaults if {
	assert.same(_isolated({}), {"Ingress"})
	assert.same(_isolated({"egress": []}), {"Ingress"})
	assert.same(_isolated({"egress": [{}]}), {"Egress", "Ingress"})
	assert.same(_isolated({"policyTypes": ["Egress"]}), {"Egress"})
	assert.same(_isolated({"policyTypes": []}), {"Ingress"})
	assert.same(_isolated({"policyTypes": [], "egress": [{}]}), {"Egress", "Ingress"})
	assert.same(_isolated({"policyTypes": ["Ingress"], "egress": [{}]}), {"Ingress"})
}

test_selects_pods_of_its_own_namespace if {
	templates := pods.templates with input as examples.deployment({})
	network.selects(_policy({"podSelector": {"matchLabels": {"app": "cart"}}}), templates[0])
	not network.selects(_policy({"podSelector": {"matchLabels": {"app": "web"}}}), templates[0])
	not network.selects(object.union(_policy({}), {"namespace": "else"}), templates[0])
}

test_selects_all if {
	network.selects_all(_policy({"podSelector": {}}))
	not network.selects_all(_policy({"podSelector": {"matchLabels": {"app": "web"}}}))
}

test_blocks_of_addresses if {
	block := {"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8", "nonsense"]}}
	policy := examples.network_policy("cart", {"egress": [{"to": [block]}], "ingress": [{"from": [{"podSelector": {}}]}]})
	assert.same(network.blocks, {"0.0.0.0/0", "10.0.0.0/8"}) with input as examples.combined([policy])
}

test_rules_say_where_they_are if {
	policy := examples.network_policy("cart", {"egress": [{"to": [{}], "ports": [{"port": 80}]}]})
	[rule] := network.all_rules with input as examples.combined([policy])
	assert.same(object.remove(rule, ["policy"]), {
		"direction": "Egress",
		"path": "/spec/egress/0",
		"peer_field": "to",
		"peers": [{}],
		"ports": [{"port": 80}],
		"title": "egress",
	})
}
