package rules.autoscaling.metrics_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.autoscaling.metrics

_share := {"type": "Utilization", "averageUtilization": 70}

_scaler := examples.resource("autoscaling/v2", "HorizontalPodAutoscaler", "cart", {"spec": {
	"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "cart"},
	"metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": _share}}],
}})

_target(changes) := examples.combined([_scaler, examples.workload("Deployment", object.union(
	examples.pod_spec,
	changes,
))])

_idle := {"name": "idle", "resources": {}}

test_accepts_requests_in_every_container if {
	assert.none(metrics.deny) with input as _target({"initContainers": [_idle]})
}

test_accepts_what_it_does_not_scale if {
	idle := examples.workload("Deployment", {"containers": [_idle]})
	every other in [
		{"metadata": {"name": "other"}},
		{"metadata": {"namespace": "else"}},
		{"kind": "StatefulSet"},
	] {
		target := array.concat(_target({}), examples.combined([object.union(idle, other)]))
		assert.none(metrics.deny) with input as target
	}
}

test_accepts_what_a_limit_range_fills_in if {
	limits := [{"type": "Container", "default": {"cpu": "1"}}]
	filled := examples.combined([examples.resource("v1", "LimitRange", "all", {"spec": {"limits": limits}})])
	target := array.concat(_target({"containers": [_idle]}), filled)
	assert.none(metrics.deny) with input as target
}

test_denies_a_container_without_requests if {
	messages := {
		concat("", [
			"HorizontalPodAutoscaler/cart: scales by the utilization of cpu, ",
			"but container idle of Deployment cart does not request any",
		]),
	}
	assert.messages(metrics.deny, messages) with input as _target({"containers": [examples.container, _idle]})
	sidecar := object.union(_idle, {"restartPolicy": "Always"})
	assert.messages(metrics.deny, messages) with input as _target({"initContainers": [sidecar]})
}
