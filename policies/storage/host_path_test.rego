package rules.storage.host_path_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.storage.host_path

_volume(spec) := examples.combined([examples.resource("v1", "PersistentVolume", "data", {"spec": spec})])

test_accepts_other_volumes if {
	every spec in [{}, {"csi": {"driver": "ebs.csi.aws.com"}}, {"local": {"path": "/mnt/disk"}}] {
		assert.none(host_path.deny) with input as _volume(spec)
	}
}

test_denies_folders_of_a_node if {
	assert.messages(host_path.deny, {
		"PersistentVolume/data: mounts the path /srv of the current node of the pod",
	}) with input as _volume({"hostPath": {"path": "/srv"}})
	assert.size(host_path.deny, 1) with input as _volume({"hostPath": {}})
}
