package rules.pod_security.host_path_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.pod_security.host_path

test_accepts_other_volumes if {
	target := examples.deployment({"volumes": [{"name": "a", "nfs": {}}, {"name": "b", "emptyDir": {}, "hostPath": null}]})
	assert.none(host_path.deny) with input as target
}

test_denies_the_nodes_disk if {
	target := examples.deployment({"volumes": [{"name": "disk", "hostPath": {"path": "/"}}]})
	assert.messages(host_path.deny, {"Deployment/cart: volume disk mounts a path of the node"}) with input as target
}

test_denies_in_every_kind if {
	spec := object.union(examples.pod_spec, {"volumes": [{"name": "disk", "hostPath": {"path": "/"}}]})
	assert.same(examples.names(host_path.deny), examples.kinds) with input as examples.every_kind(spec)
}
