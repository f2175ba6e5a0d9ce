package rules.namespaces.explicit_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.namespaces.explicit

_service(metadata) := examples.combined([{"apiVersion": "v1", "kind": "Service", "metadata": metadata}])

test_accepts_a_namespace if {
	target := _service({"name": "cart", "namespace": "shop"})
	assert.none(explicit.deny) with input as target
	assert.none(explicit.warn) with input as target
}

test_denies_default if {
	target := _service({"name": "cart", "namespace": "default"})
	assert.messages(explicit.deny, {"Service/cart: uses the namespace default"}) with input as target
}

test_warns_of_none if {
	target := _service({"name": "cart"})
	assert.messages(explicit.warn, {"Service/cart: has no namespace"}) with input as target
}

test_leaves_the_clusters_own_kinds_alone if {
	role := {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "cart"}}
	assert.none(explicit.warn) with input as examples.combined([role])
}

test_warns_of_every_kind_that_lives_in_a_namespace if {
	every type in [
		"/ConfigMap",
		"/PersistentVolumeClaim",
		"/Pod",
		"/Secret",
		"/Service",
		"/ServiceAccount",
		"apps/DaemonSet",
		"apps/Deployment",
		"apps/StatefulSet",
		"autoscaling/HorizontalPodAutoscaler",
		"batch/CronJob",
		"batch/Job",
		"networking.k8s.io/Ingress",
		"networking.k8s.io/NetworkPolicy",
		"policy/PodDisruptionBudget",
		"rbac.authorization.k8s.io/Role",
		"rbac.authorization.k8s.io/RoleBinding",
	] {
		[group, kind] := split(type, "/")
		version := trim_left(concat("/", [group, "v1"]), "/")
		target := examples.combined([{"apiVersion": version, "kind": kind, "metadata": {"name": "cart"}}])
		assert.messages(explicit.warn, {sprintf("%s/cart: has no namespace", [kind])}) with input as target
	}
}
