package lib.effective_resources_test

import data.lib.assert_test as assert
import data.lib.effective_resources
import data.lib.examples_test as examples

_cpu(number) := {"resources": {"requests": {"cpu": number}}}

_pod(spec) := {"resource": {"namespace": "shop"}, "spec": spec}

test_a_request_is_the_limit_where_it_is_left_out if {
	assert.same(effective_resources.of_container("shop", {"limits": {"cpu": "1"}}, "requests", "cpu"), 1)
		with input as []
	assert.same(effective_resources.of_container("shop", {"limits": {"cpu": "1"}}, "limits", "cpu"), 1) with input as []
	both := {"limits": {"cpu": "1"}, "requests": {"cpu": "500m"}}
	assert.same(effective_resources.of_container("shop", both, "requests", "cpu"), 0.5) with input as []
	not effective_resources.of_container("shop", {"requests": {"cpu": "1"}}, "limits", "cpu") with input as []
	not effective_resources.of_container("shop", {}, "requests", "cpu") with input as []
}

_range(limits) := examples.combined([examples.resource("v1", "LimitRange", "all", {"spec": {"limits": [object.union(
	{"type": "Container"},
	limits,
)]}})])

test_a_limit_range_fills_in_what_is_left_out if {
	every limits in [
		{"defaultRequest": {"cpu": "2"}, "default": {"cpu": "3"}},
		{"default": {"cpu": "2"}, "max": {"cpu": "3"}},
		{"max": {"cpu": "2"}, "min": {"cpu": "1"}},
		{"min": {"cpu": "2"}},
	] {
		assert.same(effective_resources.of_container("shop", {}, "requests", "cpu"), 2) with input as _range(limits)
		not effective_resources.of_container("else", {}, "requests", "cpu") with input as _range(limits)
	}
	assert.same(effective_resources.of_container("shop", {}, "limits", "cpu"), 3)
		with input as _range({"max": {"cpu": "3"}})
	both := _range({"default": {"cpu": "2"}, "max": {"cpu": "3"}})
	assert.same(effective_resources.of_container("shop", {}, "limits", "cpu"), 2) with input as both
	not effective_resources.of_container("shop", {}, "limits", "cpu") with input as _range({"min": {"cpu": "2"}})
}

test_containers_are_added_up if {
	pod := _pod({"containers": [_cpu("1"), _cpu("500m"), {}]})
	assert.same(effective_resources.of_pod(pod, "requests", "cpu"), 1.5) with input as []
}

test_the_largest_init_container_counts_where_it_is_more if {
	pod := _pod({"containers": [_cpu("1")], "initContainers": [_cpu("3"), _cpu("2")]})
	assert.same(effective_resources.of_pod(pod, "requests", "cpu"), 3) with input as []
	small := _pod({"containers": [_cpu("4")], "initContainers": [_cpu("3"), _cpu("2")]})
	assert.same(effective_resources.of_pod(small, "requests", "cpu"), 4) with input as []
}

test_sidecars_run_with_later_containers if {
	sidecar := object.union(_cpu("1"), {"restartPolicy": "Always"})
	before := _pod({"containers": [_cpu("1")], "initContainers": [sidecar, _cpu("3")]})
	assert.same(effective_resources.of_pod(before, "requests", "cpu"), 4) with input as []
	after := _pod({"containers": [_cpu("1")], "initContainers": [_cpu("3"), sidecar]})
	assert.same(effective_resources.of_pod(after, "requests", "cpu"), 3) with input as []
	alone := _pod({"containers": [_cpu("1")], "initContainers": [object.union(sidecar, _cpu("3"))]})
	assert.same(effective_resources.of_pod(alone, "requests", "cpu"), 4) with input as []
}

test_a_pod_may_say_it_as_a_whole if {
	whole := {"resources": {"requests": {"cpu": "2"}}, "overhead": {"cpu": "1"}, "containers": [_cpu("9")]}
	assert.same(effective_resources.of_pod(_pod(whole), "requests", "cpu"), 3) with input as []
	assert.same(effective_resources.of_pod(_pod(whole), "requests", "memory"), 0) with input as []
}
