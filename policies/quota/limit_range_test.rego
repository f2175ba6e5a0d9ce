package rules.quota.limit_range_test

import data.lib.examples_test as examples
import data.rules.quota.limit_range

_range(limits) := examples.resource("v1", "LimitRange", "all", {"spec": {"limits": [limits]}})

_deployment := examples.workload("Deployment", examples.pod_spec)

_claim(size) := examples.resource("v1", "PersistentVolumeClaim", "data", {"spec": {"resources": {"requests": {
	"storage": size,
}}}})

test_accepts_amounts_within if {
	limits := {"type": "Container", "min": {"cpu": "100m"}, "max": {"cpu": "1", "memory": "256Mi"}}
	count(limit_range.deny) == 0 with input as examples.combined([_deployment, _range(limits)])
	storage := {"type": "PersistentVolumeClaim", "min": {"storage": "1Gi"}, "max": {"storage": "2Gi"}}
	count(limit_range.deny) == 0 with input as examples.combined([_claim("2Gi"), _range(storage)])
}

test_accepts_anything_elsewhere if {
	limits := object.union(_range({"type": "Container", "max": {"cpu": 0}}), {"metadata": {"namespace": "else"}})
	count(limit_range.deny) == 0 with input as examples.combined([_deployment, limits])
	storage := {"type": "PersistentVolumeClaim", "max": {"storage": 0}}
	elsewhere := object.union(_range(storage), {"metadata": {"namespace": "else"}})
	count(limit_range.deny) == 0 with input as examples.combined([_claim("3Gi"), elsewhere])
}

test_accepts_anything_where_the_limits_are_of_something_else if {
	limits := _range({"type": "Pod", "max": {"cpu": 0, "storage": 0}})
	count(limit_range.deny) == 0 with input as examples.combined([_deployment, _claim("3Gi"), limits])
}

test_denies_amounts_beyond if {
	limits := {"type": "Container", "min": {"memory": "200Mi"}, "max": {"cpu": "500m"}}
	examples.messages(limit_range.deny) == {
		"Deployment/cart: container server has limits.cpu 1, and LimitRange all allows max 500m",
		"Deployment/cart: container server has requests.memory 128Mi, and LimitRange all allows min 200Mi",
	} with input as examples.combined([_deployment, _range(limits)])
}

test_denies_claims_beyond if {
	limits := {"type": "PersistentVolumeClaim", "min": {"storage": "1Gi"}, "max": {"storage": "2Gi"}}
	examples.messages(limit_range.deny) == {
		"PersistentVolumeClaim/data: claim data asks for 3Gi, and LimitRange all allows max 2Gi",
	} with input as examples.combined([_claim("3Gi"), _range(limits)])
	examples.messages(limit_range.deny) == {
		"PersistentVolumeClaim/data: claim data asks for 1Mi, and LimitRange all allows min 1Gi",
	} with input as examples.combined([_claim("1Mi"), _range(limits)])
}
