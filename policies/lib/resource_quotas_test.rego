package lib.resource_quotas_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.lib.resource_quotas

_claim(class) := {
	"metadata": {"name": "data"},
	"spec": {"storageClassName": class, "resources": {"requests": {"storage": "1Gi"}}},
}

_target := examples.combined([
	object.union(
		examples.workload("StatefulSet", examples.pod_spec),
		{"spec": {"replicas": 3, "volumeClaimTemplates": [_claim("fast")]}},
	),
	object.union(examples.resource("v1", "PersistentVolumeClaim", "disk", {}), {"spec": _claim("slow").spec}),
	examples.workload("Job", object.union(
		examples.pod_spec,
		{"volumes": [{"name": "scratch", "ephemeral": {"volumeClaimTemplate": _claim("fast")}}]},
	)),
	examples.resource("v1", "Service", "cart", {"spec": {"ports": [{"port": 80}]}}),
	examples.resource("v1", "Service", "open", {"spec": {"type": "NodePort", "ports": [{"port": 80}]}}),
	examples.resource("v1", "Service", "edge", {"spec": {"type": "LoadBalancer", "ports": [{"port": 80}, {"port": 443}]}}),
	examples.resource("v1", "Service", "bare", {"spec": {
		"type": "LoadBalancer",
		"allocateLoadBalancerNodePorts": false,
		"ports": [{"port": 80}],
	}}),
])

_quota(namespace, scopes) := {"resource": {"namespace": namespace}, "scopes": scopes}

_total(line) := sum([share.total | some share in resource_quotas.usage(_quota("shop", []), line)])

test_counts_pods_and_what_they_ask_for if {
	assert.same(_total("pods"), 4) with input as _target
	assert.same(_total("count/pods"), 4) with input as _target
	assert.same(_total("cpu"), 0.4) with input as _target
	assert.same(_total("memory"), 536870912) with input as _target
	assert.same(_total("requests.cpu"), 0.4) with input as _target
	assert.same(_total("limits.cpu"), 4) with input as _target
	assert.same(_total("requests.example.com/gpu"), 0) with input as _target
	asking := examples.server({"resources": {"requests": {"ephemeral-storage": "1k"}}})
	assert.same(_total("ephemeral-storage"), 2000) with input as asking
}

test_counts_claims_by_class if {
	assert.same(_total("persistentvolumeclaims"), 5) with input as _target
	assert.same(_total("count/persistentvolumeclaims"), 5) with input as _target
	assert.same(_total("requests.storage"), 5368709120) with input as _target
	assert.same(_total("fast.storageclass.storage.k8s.io/requests.storage"), 4294967296) with input as _target
	assert.same(_total("slow.storageclass.storage.k8s.io/persistentvolumeclaims"), 1) with input as _target
}

test_counts_services if {
	assert.same(_total("services"), 4) with input as _target
	assert.same(_total("services.loadbalancers"), 2) with input as _target
	assert.same(_total("services.nodeports"), 3) with input as _target
	counted := resource_quotas.usage(_quota("shop", []), "services.nodeports") with input as _target
	assert.same([share.resource.name | some share in counted], ["open", "edge"])
}

test_does_not_count_what_it_does_not_know if {
	not resource_quotas.usage(_quota("shop", []), "count/widgets.example.com") with input as _target
}

test_counts_within_a_namespace if {
	every line in ["pods", "cpu", "persistentvolumeclaims", "services"] {
		assert.same(resource_quotas.usage(_quota("else", []), line), []) with input as _target
	}
}

test_knows_quotas_with_scopes if {
	found := resource_quotas.quotas with input as examples.combined([
		examples.resource("v1", "ResourceQuota", "all", {"spec": {"hard": {"pods": "1"}}}),
		examples.resource("v1", "ResourceQuota", "some", {"spec": {"scopes": ["Terminating"]}}),
	])
	assert.same([[entry.hard, entry.scopes] | some entry in found], [
		[{"pods": "1"}, []],
		[{}, [{"operator": "Exists", "scopeName": "Terminating"}]],
	])
}

test_counts_what_is_in_the_scopes if {
	ending := _quota("shop", [{"scopeName": "Terminating", "operator": "Exists"}])
	assert.same(resource_quotas.usage(ending, "pods"), []) with input as _target
	assert.same(resource_quotas.usage(ending, "cpu"), []) with input as _target
	endless := _quota("shop", [{"scopeName": "NotTerminating", "operator": "Exists"}])
	assert.same(sum([share.total | some share in resource_quotas.usage(endless, "pods")]), 4) with input as _target
}
