package rules.quota.required_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.quota.required

_quota(spec) := examples.resource("v1", "ResourceQuota", "all", {"spec": object.union(
	{"hard": {"limits.cpu": "4", "pods": "4", "requests.memory": "4Gi"}},
	spec,
)})

_pod(resources) := examples.workload("Job", object.union(
	examples.pod_spec,
	{"containers": [object.union(object.remove(examples.container, ["resources"]), {"resources": resources})]},
))

test_accepts_what_states_its_share if {
	target := examples.combined([_quota({}), _pod({"limits": {"cpu": 1, "memory": "1Gi"}})])
	assert.none(required.deny) with input as target
}

test_accepts_what_a_limit_range_fills_in if {
	limits := [{"type": "Container", "default": {"cpu": "1", "memory": "1Gi"}}]
	filled := examples.resource("v1", "LimitRange", "all", {"spec": {"limits": limits}})
	assert.none(required.deny) with input as examples.combined([_quota({}), _pod({}), filled])
}

test_accepts_what_the_pod_states_as_a_whole if {
	whole := {"resources": {"limits": {"cpu": 1}, "requests": {"memory": "1Gi"}}}
	pod := object.union(_pod({}), {"spec": {"template": {"spec": whole}}})
	assert.none(required.deny) with input as examples.combined([_quota({}), pod])
}

test_accepts_anything_beyond_the_scopes if {
	every scope in ["Terminating", "CrossNamespacePodAffinity"] {
		assert.none(required.deny) with input as examples.combined([_quota({"scopes": [scope]}), _pod({})])
	}
	assert.size(required.deny, 2) with input as examples.combined([_quota({"scopes": ["NotTerminating"]}), _pod({})])
}

test_accepts_anything_elsewhere if {
	elsewhere := object.union(_quota({}), {"metadata": {"namespace": "else"}})
	assert.none(required.deny) with input as examples.combined([elsewhere, _pod({})])
}

_said := {
	"cpu": "requests.cpu",
	"limits.cpu": "limits.cpu",
	"limits.memory": "limits.memory",
	"memory": "requests.memory",
	"requests.cpu": "requests.cpu",
	"requests.memory": "requests.memory",
}

test_denies_what_states_nothing if {
	every line, body in _said {
		counting := examples.resource("v1", "ResourceQuota", "all", {"spec": {"hard": {line: 1}}})
		assert.messages(required.deny, {
			sprintf("Job/cart: container server does not set %s, which ResourceQuota all counts", [body]),
		}) with input as examples.combined([counting, _pod({})])
	}
}

# Ephemeral containers cannot set resources.
test_denies_it_in_init_containers_too if {
	target := array.concat(examples.everywhere({"name": "other"}), examples.combined([_quota({})]))
	found := required.deny with input as target
	assert.same({one.resource.name | some one in found}, {place |
		some place in examples.places
		not endswith(place, "ephemeralContainers")
	})
}
