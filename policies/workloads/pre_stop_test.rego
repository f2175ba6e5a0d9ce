package rules.workloads.pre_stop_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.workloads.pre_stop

_strict := {"shop": ["conventions"]}

_service(target) := examples.resource("v1", "Service", "web", {"spec": {
	"selector": {"app": "cart"},
	"ports": [object.union({"port": 8080}, target)],
}})

_container(hook) := object.union(examples.container, {
	"ports": [{"containerPort": 8080, "name": "http"}],
	"lifecycle": hook,
})

_workload(kind, replicas, containers) := object.union(
	examples.workload(kind, {"containers": containers}),
	{"spec": {"replicas": replicas}},
)

_target(replicas, hook) := examples.combined([_service({}), _workload("Deployment", replicas, [_container(hook)])])

test_accepts_containers_that_wait if {
	every hook in [
		{"sleep": {"seconds": 1}},
		{"exec": {"command": ["/stop.sh"]}},
		{"httpGet": {"path": "/stop", "port": 8080}},
	] {
		assert.none(pre_stop.deny | pre_stop.warn) with input as _target(2, {"preStop": hook})
	}
}

test_accepts_one_replica_and_what_serves_nothing if {
	assert.none(pre_stop.deny | pre_stop.warn) with input as _target(1, {})
	alone := examples.combined([_workload("Deployment", 2, [_container({})])])
	assert.none(pre_stop.deny | pre_stop.warn) with input as alone
	extra := object.union(examples.container, {"name": "logs", "ports": [{"containerPort": 9090}]})
	two := [_container({"preStop": {"sleep": {"seconds": 5}}}), extra]
	target := examples.combined([_service({}), _workload("Deployment", 2, two)])
	assert.none(pre_stop.deny | pre_stop.warn) with input as target
	elsewhere := object.union(_service({}), {"metadata": {"namespace": "other"}})
	apart := examples.combined([elsewhere, _workload("Deployment", 2, [_container({})])])
	assert.none(pre_stop.deny | pre_stop.warn) with input as apart
}

test_accepts_init_containers_and_jobs if {
	spec := {"initContainers": [_container({})]}
	init := object.union(examples.workload("Deployment", spec), {"spec": {"replicas": 2}})
	assert.none(pre_stop.deny | pre_stop.warn) with input as examples.combined([_service({}), init])
	job := examples.workload("Job", {"containers": [_container({})]})
	scaler := examples.resource("autoscaling/v2", "HorizontalPodAutoscaler", "cart", {"spec": {
		"scaleTargetRef": {"kind": "Job", "name": "cart"},
		"maxReplicas": 2,
	}})
	assert.none(pre_stop.deny | pre_stop.warn) with input as examples.combined([_service({}), scaler, job])
}

_messages := {"Deployment/cart: container server serves web but does not wait in preStop"}

test_denies_replicas_that_do_not_wait if {
	every hook in [{}, {"preStop": null}, {"preStop": {}}, {"preStop": {"sleep": {"seconds": 0}}}, {"postStart": {
		"sleep": {"seconds": 5},
	}}] {
		assert.messages(pre_stop.deny, _messages) with input as _target(2, hook) with data.strict as _strict
	}
	assert.none(pre_stop.warn) with input as _target(2, {}) with data.strict as _strict
}

test_denies_by_another_number if {
	target := examples.combined([
		_service({"port": 80, "targetPort": 8080}),
		_workload("Deployment", 2, [_container({})]),
	])
	assert.messages(pre_stop.deny, _messages) with input as target with data.strict as _strict
}

test_denies_by_named_port if {
	target := examples.combined([_service({"targetPort": "http"}), _workload("Deployment", 2, [_container({})])])
	assert.messages(pre_stop.deny, _messages) with input as target with data.strict as _strict
}

test_denies_once_for_several_services if {
	more := object.union(_service({}), {"metadata": {"name": "shop"}})
	target := array.concat(_target(2, {}), examples.combined([more]))
	assert.messages(pre_stop.deny, {
		"Deployment/cart: container server serves shop, web but does not wait in preStop",
	}) with input as target with data.strict as _strict
}

test_warns_in_namespaces_without_strictness if {
	assert.messages(pre_stop.warn, _messages) with input as _target(2, {})
	assert.none(pre_stop.deny) with input as _target(2, {})
}
