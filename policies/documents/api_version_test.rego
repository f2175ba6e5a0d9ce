package rules.documents.api_version_test

import data.lib.examples_test as examples
import data.rules.documents.api_version

_of(version, kind) := examples.combined([examples.resource(version, kind, "cart", {})])

test_accepts_what_is_served if {
	every pair in [["policy/v1", "PodDisruptionBudget"], ["apps/v1", "Deployment"], ["v1", "Service"]] {
		count(api_version.deny) == 0 with input as _of(pair[0], pair[1])
		count(api_version.warn) == 0 with input as _of(pair[0], pair[1])
	}
}

test_denies_what_is_gone if {
	examples.messages(api_version.deny) == {
		"PodDisruptionBudget/cart: policy/v1beta1 was removed in Kubernetes 1.25",
	} with input as _of("policy/v1beta1", "PodDisruptionBudget")
	every pair in [["extensions/v1beta1", "Ingress"], ["apps/v1beta2", "DaemonSet"]] {
		count(api_version.deny) == 1 with input as _of(pair[0], pair[1])
	}
}

test_warns_of_what_is_deprecated if {
	examples.messages(api_version.warn) == {
		"Endpoints/cart: is deprecated since Kubernetes 1.33",
	} with input as _of("v1", "Endpoints")
}
