package rules.quota.limit_range_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.quota.limit_range

_range(limits) := examples.resource("v1", "LimitRange", "all", {"spec": {"limits": [limits]}})

_deployment := examples.workload("Deployment", examples.pod_spec)

_claim(size) := examples.resource("v1", "PersistentVolumeClaim", "data", {"spec": {"resources": {"requests": {
	"storage": size,
}}}})

test_accepts_amounts_within if {
	limits := {"type": "Container", "min": {"cpu": "100m"}, "max": {"cpu": "1", "memory": "256Mi"}}
	assert.none(limit_range.deny) with input as examples.combined([_deployment, _range(limits)])
	storage := {"type": "PersistentVolumeClaim", "min": {"storage": "1Gi"}, "max": {"storage": "2Gi"}}
	assert.none(limit_range.deny) with input as examples.combined([_claim("2Gi"), _range(storage)])
}

test_accepts_anything_elsewhere if {
	every limit in [
		{"type": "Container", "max": {"cpu": 0}},
		{"type": "Container", "maxLimitRequestRatio": {"cpu": 1}},
		{"type": "Pod", "max": {"cpu": 0}},
	] {
		limits := object.union(_range(limit), {"metadata": {"namespace": "else"}})
		assert.none(limit_range.deny) with input as examples.combined([_deployment, limits])
	}
	storage := {"type": "PersistentVolumeClaim", "max": {"storage": 0}}
	elsewhere := object.union(_range(storage), {"metadata": {"namespace": "else"}})
	assert.none(limit_range.deny) with input as examples.combined([_claim("3Gi"), elsewhere])
}

test_accepts_anything_where_the_limits_are_of_something_else if {
	pods := _range({"type": "Pod", "max": {"storage": 0}})
	assert.none(limit_range.deny) with input as examples.combined([_deployment, _claim("3Gi"), pods])
	claims := _range({"type": "PersistentVolumeClaim", "max": {"cpu": 0}, "maxLimitRequestRatio": {"cpu": 1}})
	assert.none(limit_range.deny) with input as examples.combined([_deployment, _claim("3Gi"), claims])
}

test_denies_amounts_beyond if {
	limits := {"type": "Container", "min": {"memory": "200Mi"}, "max": {"cpu": "500m"}}
	assert.messages(limit_range.deny, {
		"Deployment/cart: container server has limits.cpu 1, but LimitRange all allows max 500m",
		"Deployment/cart: container server has requests.memory 128Mi, but LimitRange all allows min 200Mi",
	}) with input as examples.combined([_deployment, _range(limits)])
}

test_denies_claims_beyond if {
	limits := {"type": "PersistentVolumeClaim", "min": {"storage": "1Gi"}, "max": {"storage": "2Gi"}}
	assert.messages(limit_range.deny, {
		"PersistentVolumeClaim/data: claim data requests 3Gi, but LimitRange all allows max 2Gi",
	}) with input as examples.combined([_claim("3Gi"), _range(limits)])
	assert.messages(limit_range.deny, {
		"PersistentVolumeClaim/data: claim data requests 1Mi, but LimitRange all allows min 1Gi",
	}) with input as examples.combined([_claim("1Mi"), _range(limits)])
}

_ratio(most) := _range({"type": "Container", "maxLimitRequestRatio": {"cpu": most, "memory": "2"}})

test_denies_a_limit_of_too_many_requests if {
	assert.messages(limit_range.deny, {
		"Deployment/cart: container server may use more than 9 times the cpu that it requests, which LimitRange all forbids",
	}) with input as examples.combined([_deployment, _ratio(9)])
	assert.none(limit_range.deny) with input as examples.combined([_deployment, _ratio("10")])
}

test_an_ephemeral_container_is_given_no_defaults if {
	twice := _range({
		"type": "Container",
		"default": {"cpu": 2},
		"defaultRequest": {"cpu": 1},
		"maxLimitRequestRatio": {"cpu": 1},
	})
	target := array.concat(examples.everywhere({"name": "other"}), examples.combined([twice]))
	found := limit_range.deny with input as target
	assert.same({one.resource.name | some one in found; one.container == "other"}, {place |
		some place in examples.places
		not endswith(place, "ephemeralContainers")
	})
}

test_accepts_what_is_equal_on_paper if {
	small := {"requests": {"cpu": "20m"}, "limits": {"cpu": "200m"}}
	target := [examples.workload("Job", {"containers": [{"resources": small}]}), _ratio(10)]
	assert.none(limit_range.deny) with input as examples.combined(target)
	thrice := examples.workload("Job", {"containers": [{"resources": {"limits": {"cpu": "100m"}}} | some _ in [1, 2, 3]]})
	whole := _range({"type": "Pod", "max": {"cpu": "300m"}})
	assert.none(limit_range.deny) with input as examples.combined([thrice, whole])
}

test_denies_pods_beyond if {
	limits := {"type": "Pod", "min": {"memory": "129Mi", "cpu": "100m"}, "max": {"cpu": "900m", "memory": "256Mi"}}
	assert.messages(limit_range.deny, {
		"Deployment/cart: the pod has limits.cpu 1 in total, but LimitRange all allows max 900m per pod",
		"Deployment/cart: the pod has requests.memory 134217728 in total, but LimitRange all allows min 129Mi per pod",
	}) with input as examples.combined([_deployment, _range(limits)])
}
