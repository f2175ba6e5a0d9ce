package lib.network_test

import data.lib.examples_test as examples
import data.lib.network
import data.lib.pods

_policy(spec) := {"content": {"spec": spec}, "namespace": "shop"}

_isolated(spec) := {direction |
	some direction, _ in network.directions
	network.isolates(_policy(spec), direction)
}

test_the_types_have_defaults if {
	_isolated({}) == {"Ingress"}
	_isolated({"egress": []}) == {"Ingress"}
	_isolated({"egress": [{}]}) == {"Egress", "Ingress"}
	_isolated({"policyTypes": ["Egress"]}) == {"Egress"}
	_isolated({"policyTypes": []}) == set()
	_isolated({"policyTypes": ["Ingress"], "egress": [{}]}) == {"Ingress"}
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
