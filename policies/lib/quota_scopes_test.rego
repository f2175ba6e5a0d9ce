package lib.quota_scopes_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.lib.quota_scopes

_pod(spec) := {"resource": {"namespace": "shop"}, "spec": spec}

_priority(operator, classes) := quota_scopes.of({"scopeSelector": {"matchExpressions": [{
	"scopeName": "PriorityClass",
	"operator": operator,
	"values": classes,
}]}})

_named(name) := quota_scopes.of({"scopes": [name]})

test_a_deadline_of_the_pod_makes_it_terminating if {
	quota_scopes.select(_named("Terminating"), _pod({"activeDeadlineSeconds": 60}))
	not quota_scopes.select(_named("NotTerminating"), _pod({"activeDeadlineSeconds": 60}))
	quota_scopes.select(_named("NotTerminating"), _pod({}))
	not quota_scopes.select(_named("Terminating"), _pod({}))
}

test_pods_with_requests_are_not_best_effort if {
	every spec in [
		{"containers": [{}, {"resources": {"limits": {"cpu": "1"}}}]},
		{"initContainers": [{"resources": {"requests": {"memory": "1Gi"}}}]},
		{"resources": {"requests": {"memory": "1Gi"}}},
		{"containers": [{"resources": {"requests": {"cpu": "1m"}}}]},
		{"containers": [{"resources": {"requests": {"cpu": "0"}, "limits": {"cpu": "1"}}}]},
	] {
		quota_scopes.select(_named("NotBestEffort"), _pod(spec)) with input as []
		not quota_scopes.select(_named("BestEffort"), _pod(spec)) with input as []
	}
	every spec in [{"containers": [{}]}, {"containers": [{"resources": {"limits": {"example.com/gpu": 1}}}]}] {
		quota_scopes.select(_named("BestEffort"), _pod(spec)) with input as []
		not quota_scopes.select(_named("NotBestEffort"), _pod(spec)) with input as []
	}
}

test_a_limit_range_makes_no_pod_a_best_effort if {
	limits := examples.resource("v1", "LimitRange", "all", {"spec": {"limits": [{
		"type": "Container",
		"default": {"cpu": "1"},
	}]}})
	quota_scopes.select(_named("NotBestEffort"), _pod({"containers": [{}]})) with input as examples.combined([limits])
}

test_priorities if {
	high := _pod({"priorityClassName": "high"})
	quota_scopes.select(_priority("In", ["high", "low"]), high)
	not quota_scopes.select(_priority("In", ["low"]), high)
	quota_scopes.select(_priority("NotIn", ["low"]), high)
	not quota_scopes.select(_priority("NotIn", ["high"]), high)
	quota_scopes.select(_named("PriorityClass"), high)
	not quota_scopes.select(_named("PriorityClass"), _pod({}))
	quota_scopes.select(_priority("DoesNotExist", []), _pod({}))
	not quota_scopes.select(_priority("DoesNotExist", []), high)
}

test_all_scopes_hold_together if {
	both := array.concat(_named("Terminating"), _priority("In", ["high"]))
	quota_scopes.select(both, _pod({"activeDeadlineSeconds": 60, "priorityClassName": "high"}))
	not quota_scopes.select(both, _pod({"priorityClassName": "high"}))
	quota_scopes.select([], _pod({}))
}

test_some_scopes_are_not_known if {
	assert.same(quota_scopes.unknown(_named("CrossNamespacePodAffinity")), {"CrossNamespacePodAffinity"})
	every name in ["BestEffort", "NotBestEffort", "NotTerminating", "PriorityClass", "Terminating"] {
		assert.same(quota_scopes.unknown(_named(name)), set())
	}
	assert.same(quota_scopes.unknown(array.concat(_named("BestEffort"), _priority("Exists", []))), set())
	assert.same(quota_scopes.of({"scopeSelector": {"matchExpressions": ["none"]}}), [])
}
