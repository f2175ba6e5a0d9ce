package rules.references.edge_class_test

import data.lib.examples_test as examples
import data.rules.references.edge_class

_ingress := examples.resource("networking.k8s.io/v1", "Ingress", "shop", {"spec": {"ingressClassName": "nginx"}})

_class(name) := {"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": name}}

test_accepts_a_class_of_the_target_or_of_the_controller if {
	count(edge_class.deny) == 0 with input as examples.combined([_ingress, _class("nginx")])
	count(edge_class.deny) == 0 with input as examples.combined([_ingress])
}

test_denies_a_class_beside_those_of_the_target if {
	examples.messages(edge_class.deny) == {
		"Ingress/shop: is of IngressClass nginx, which the target does not make",
	} with input as examples.combined([_ingress, _class("other")])
}
