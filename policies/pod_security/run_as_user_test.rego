package rules.pod_security.run_as_user_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.pod_security.run_as_user

test_accepts_an_ordinary_user if {
	every user in [1, 1002] {
		assert.none(run_as_user.deny) with input as examples.server({"securityContext": {"runAsUser": user}})
	}
}

test_accepts_the_images_own_user if {
	spec := json.remove(examples.pod_spec, ["securityContext/runAsUser"])
	assert.none(run_as_user.deny) with input as examples.combined([examples.workload("Deployment", spec)])
}

test_denies_root_for_the_pod if {
	target := examples.deployment({"securityContext": {"runAsUser": 0}})
	assert.messages(run_as_user.deny, {"Deployment/cart: the pod runs as user 0"}) with input as target
}

test_denies_root_for_a_container if {
	target := examples.server({"securityContext": {"runAsUser": 0}})
	assert.messages(run_as_user.deny, {"Deployment/cart: container server runs as user 0"}) with input as target
}

test_denies_a_user_that_is_not_a_number if {
	assert.size(run_as_user.deny, 1) with input as examples.server({"securityContext": {"runAsUser": "0"}})
}

test_denies_everywhere if {
	bad := object.union(examples.container, {"securityContext": {"runAsUser": 0}})
	assert.same(examples.names(run_as_user.deny), examples.places) with input as examples.everywhere(bad)
}

test_accepts_root_of_an_own_user_namespace if {
	spec := {"hostUsers": false, "securityContext": {"runAsUser": 0}}
	assert.none(run_as_user.deny) with input as examples.deployment(spec)
}
