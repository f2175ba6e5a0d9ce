package rules.network.default_deny_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.network.default_deny

_policy(spec) := examples.resource("networking.k8s.io/v1", "NetworkPolicy", "default-deny", {"spec": spec})

_pod := examples.workload("Deployment", examples.pod_spec)

_both := {"Namespace/shop: no NetworkPolicy denies all egress and ingress by default"}

test_accepts_one_policy_for_both if {
	every selector in [{}, {"matchLabels": {}}, {"matchExpressions": []}, null] {
		policy := _policy({"podSelector": selector, "policyTypes": ["Ingress", "Egress"]})
		assert.none(default_deny.deny) with input as examples.combined([_pod, policy])
	}
}

test_denies_none if {
	assert.messages(default_deny.deny, _both) with input as examples.combined([_pod])
}

test_ingress_is_the_default_type if {
	assert.messages(default_deny.deny, {
		"Namespace/shop: no NetworkPolicy denies all egress by default",
	}) with input as examples.combined([_pod, _policy({"podSelector": {}})])
}

test_a_policy_of_another_namespace_does_not_count if {
	policy := _policy({"podSelector": {}, "policyTypes": ["Ingress", "Egress"]})
	elsewhere := object.union(policy, {"metadata": {"namespace": "else"}})
	assert.messages(default_deny.deny, _both) with input as examples.combined([_pod, elsewhere])
}

test_a_policy_for_some_pods_does_not_count if {
	some_pods := _policy({"podSelector": {"matchLabels": {"app": "cart"}}, "policyTypes": ["Ingress", "Egress"]})
	assert.messages(default_deny.deny, _both) with input as examples.combined([_pod, some_pods])
}

test_a_policy_with_rules_does_not_count if {
	open := _policy({"podSelector": {}, "policyTypes": ["Ingress", "Egress"], "ingress": [{}], "egress": [{}]})
	assert.messages(default_deny.deny, _both) with input as examples.combined([_pod, open])
}

test_accepts_the_namespaces_of_kubernetes if {
	every namespace in ["kube-node-lease", "kube-public", "kube-system"] {
		pod := object.union(_pod, {"metadata": {"namespace": namespace}})
		assert.none(default_deny.deny) with input as examples.combined([pod])
	}
}

test_asks_nothing_where_nothing_runs if {
	assert.none(default_deny.deny) with input as []
}
