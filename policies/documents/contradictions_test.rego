package rules.documents.contradictions_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.documents.contradictions

_policy(port) := examples.combined([examples.resource(
	"networking.k8s.io/v1", "NetworkPolicy", "web",
	{"spec": {"egress": [{"to": []}, {"ports": [port]}]}},
)])

test_denies_ranges_of_ports_that_go_down if {
	every port in [{"port": 80, "endPort": 80}, {"port": 80, "endPort": 90}, {"port": 80}, {"port": "a", "endPort": 1}] {
		assert.none(contradictions.deny) with input as _policy(port)
	}
	message := "NetworkPolicy/web: has a range of ports from 80 to 79"
	assert.messages(contradictions.deny, {message}) with input as _policy({"port": 80, "endPort": 79})
}

test_accepts_what_is_ordinary if {
	assert.none(contradictions.deny) with input as _policy({})
	assert.none(contradictions.deny) with input as _job({"completions": 3})
	assert.none(contradictions.deny) with input as _cron_job({})
}

_limits(limits) := examples.combined([examples.resource("v1", "LimitRange", "all", {"spec": {"limits": [limits]}})])

test_denies_limits_beyond_others if {
	right := {"min": {"cpu": "10m"}, "default": {"cpu": 1}, "max": {"cpu": "1000m", "memory": "1Gi"}}
	assert.none(contradictions.deny) with input as _limits(right)
	every pair in [
		["min", "max"], ["min", "default"], ["min", "defaultRequest"], ["default", "max"], ["defaultRequest", "max"],
		["defaultRequest", "default"],
	] {
		[low, high] := pair
		message := sprintf("LimitRange/all: has %s 1001m for cpu, above its %s 1", [low, high])
		wrong := {low: {"cpu": "1001m"}, high: {"cpu": 1}}
		assert.messages(contradictions.deny, {message}) with input as _limits(wrong)
	}
}

test_the_pointer_to_a_limit_is_escaped if {
	found := contradictions.deny with input as _limits({"min": {"a/b": 2}, "max": {"a/b": 1}})
	assert.same({one.path | some one in found}, {"/spec/limits/0/min/a~1b"})
}

_job(spec) := examples.combined([object.union(examples.workload("Job", examples.pod_spec), {"spec": spec})])

_cron_job(spec) := examples.combined([object.union(
	examples.workload("CronJob", examples.pod_spec),
	{"spec": {"jobTemplate": {"spec": spec}}},
)])

_failure(codes) := {"podFailurePolicy": {"rules": [{"onExitCodes": codes}]}}

test_denies_failures_of_containers_that_do_not_exist if {
	every right in [{"containerName": "server", "values": [1, 2]}, {"values": [1]}] {
		assert.none(contradictions.deny) with input as _job(_failure(right))
		assert.none(contradictions.deny) with input as _cron_job(_failure(right))
	}
	wrong := _failure({"containerName": "cart", "values": [1]})
	message := "cart: has a podFailurePolicy for the container cart, which is not in its pods"
	assert.messages(contradictions.deny, {concat("/", ["Job", message])}) with input as _job(wrong)
	assert.messages(contradictions.deny, {concat("/", ["CronJob", message])}) with input as _cron_job(wrong)
}

test_denies_exit_codes_out_of_order if {
	message := "Job/cart: has a podFailurePolicy with exit codes that are not in order, or twice"
	every codes in [[2, 1], [1, 1]] {
		assert.messages(contradictions.deny, {message}) with input as _job(_failure({"values": codes}))
	}
}

_success(rule) := _job({"completions": 3, "successPolicy": {"rules": [rule]}})

test_denies_success_that_needs_more_than_all_completions if {
	every rule in [{"succeededCount": 3}, {"succeededIndexes": "0,1-2"}, {}] {
		assert.none(contradictions.deny) with input as _success(rule)
	}
	message := "Job/cart: has a successPolicy that needs 4 of 3 completions"
	every rule in [{"succeededCount": 4}, {"succeededIndexes": "0,1-3"}] {
		assert.messages(contradictions.deny, {message}) with input as _success(rule)
	}
}

_sleeping(seconds, more) := examples.combined([examples.workload("Deployment", object.union_n([
	examples.pod_spec,
	{"containers": [object.union(examples.container, {"lifecycle": {"preStop": {"sleep": {"seconds": seconds}}}})]},
	more,
]))])

test_denies_hooks_beyond_the_grace_period if {
	assert.none(contradictions.deny) with input as _sleeping(30, {})
	assert.none(contradictions.deny) with input as _sleeping(60, {"terminationGracePeriodSeconds": 60})
	message := "Deployment/cart: container server sleeps 31 s in preStop, longer than the grace period of 30 s"
	assert.messages(contradictions.deny, {message}) with input as _sleeping(31, {})
}
