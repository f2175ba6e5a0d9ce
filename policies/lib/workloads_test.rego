package lib.workloads_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.lib.workloads

_set := object.union(examples.workload("StatefulSet", examples.pod_spec), {"spec": {"replicas": 3}})

_target := examples.combined([_set, examples.workload("PodTemplate", examples.pod_spec)])

test_selects_by_the_labels_of_the_template if {
	selector := {"matchExpressions": [{"key": "app", "operator": "In", "values": ["cart"]}]}
	found := workloads.selected("shop", selector) with input as _target
	assert.same(workloads.names(found), "StatefulSet cart")
	assert.none(workloads.selected("else", selector)) with input as _target
	assert.none(workloads.selected("shop", {"matchLabels": {"app": "web"}})) with input as _target
	other := {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["cart"]}]}
	assert.none(workloads.selected("shop", other)) with input as _target
	both := object.union({"matchLabels": {"app": "cart"}}, other)
	assert.none(workloads.selected("shop", both)) with input as _target
}

_pod(name) := {"app": "cart", "statefulset.kubernetes.io/pod-name": name}

test_picks_one_pod_of_a_stateful_set if {
	assert.size(workloads.picked("shop", _pod("cart-2")), 1) with input as _target
	assert.none(workloads.picked("shop", _pod("cart-3"))) with input as _target
	every other in ["web-0", "0", "cart-0.5"] {
		assert.none(workloads.picked("shop", _pod(other))) with input as _target
	}
	index := {"app": "cart", "apps.kubernetes.io/pod-index": "0"}
	assert.size(workloads.picked("shop", index), 1) with input as _target
	late := examples.combined([object.union(_set, {"spec": {"ordinals": {"start": 1}}})])
	assert.none(workloads.picked("shop", index)) with input as late
	deployment := examples.combined([examples.workload("Deployment", examples.pod_spec)])
	assert.none(workloads.picked("shop", _pod("cart-0"))) with input as deployment
}

test_nothing_found_is_worse_where_everything_is_known if {
	assert.same(workloads.level("shop"), "deny") with input as _target
	assert.same(workloads.level("else"), "warn") with input as _target
}

test_an_operator_may_run_pods if {
	operated := examples.resource("postgresql.cnpg.io/v1", "Cluster", "db", {"spec": {"instances": 3}})
	assert.same(workloads.level("shop"), "none") with input as examples.combined([_set, operated])
	every field in ["instances", "podTemplate", "replicas", "size"] {
		custom := examples.resource("example.com/v1", "Cluster", "db", {"spec": {field: 3}})
		assert.same(workloads.level("shop"), "none") with input as examples.combined([_set, custom])
		own := examples.resource("gateway.networking.k8s.io/v1", "Gateway", "edge", {"spec": {field: 3}})
		assert.same(workloads.level("shop"), "deny") with input as examples.combined([_set, own])
	}
	other := examples.resource("example.com/v1", "Menu", "db", {"spec": {"dishes": 3}})
	assert.same(workloads.level("shop"), "deny") with input as examples.combined([_set, other])
	rollout := object.union(examples.workload("Rollout", examples.pod_spec), {"spec": {"replicas": 2}})
	assert.same(workloads.level("shop"), "deny") with input as examples.combined([_set, rollout])
}

test_labels_are_written_in_order if {
	assert.same(workloads.written({"tier": "web", "app": "cart"}), "app=cart, tier=web")
}

test_ports_are_those_of_containers_and_sidecars if {
	sidecar := {"restartPolicy": "Always", "ports": [{"containerPort": 9090, "protocol": "UDP"}]}
	spec := {
		"containers": [{"ports": [{"name": "http", "containerPort": 8080}]}, {}],
		"initContainers": [sidecar, {"ports": [{"containerPort": 1}]}],
	}
	assert.same(workloads.ports({"spec": spec}), [
		{"name": "http", "number": 8080, "protocol": "TCP"},
		{"name": "", "number": 9090, "protocol": "UDP"},
	])
}

test_a_message_names_the_first_of_many if {
	assert.same(workloads.listed({"a", "b", "c", "d", "e"}), "a, b, c, d, e")
	assert.same(workloads.listed({"a", "b", "c", "d", "e", "f", "g"}), "a, b, c, d, e and 2 more")
}
