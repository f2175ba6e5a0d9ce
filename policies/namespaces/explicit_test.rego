package rules.namespaces.explicit_test

import data.lib.examples_test as examples
import data.rules.namespaces.explicit

_service(metadata) := examples.combined([{"apiVersion": "v1", "kind": "Service", "metadata": metadata}])

test_accepts_a_namespace if {
	target := _service({"name": "cart", "namespace": "shop"})
	count(explicit.deny) == 0 with input as target
	count(explicit.warn) == 0 with input as target
}

test_denies_default if {
	target := _service({"name": "cart", "namespace": "default"})
	examples.messages(explicit.deny) == {"Service/cart: belongs to the namespace default"} with input as target
}

test_warns_of_none if {
	target := _service({"name": "cart"})
	examples.messages(explicit.warn) == {"Service/cart: names no namespace"} with input as target
}

test_leaves_the_clusters_own_kinds_alone if {
	role := {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "cart"}}
	count(explicit.warn) == 0 with input as examples.combined([role])
}
