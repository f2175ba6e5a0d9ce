package rules.workloads.read_only_root_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.workloads.read_only_root

test_accepts_true if {
	assert.none(read_only_root.deny) with input as examples.deployment({})
}

test_denies_false if {
	target := examples.server({"securityContext": {"readOnlyRootFilesystem": false}})
	assert.messages(read_only_root.deny, {
		"Deployment/cart: container server can write to its root filesystem",
	}) with input as target
}

test_denies_a_missing_setting_everywhere if {
	bad := examples.container_without("securityContext/readOnlyRootFilesystem")
	assert.same(examples.names(read_only_root.deny), examples.places) with input as examples.everywhere(bad)
}

test_exempts_windows if {
	spec := {"os": {"name": "windows"}, "containers": [{"name": "server"}]}
	assert.none(read_only_root.deny) with input as examples.deployment(spec)
}
