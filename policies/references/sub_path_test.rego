package rules.references.sub_path_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.references.sub_path

_config := examples.resource("v1", "ConfigMap", "settings", {"data": {"a.conf": ""}, "binaryData": {"b.bin": ""}})

_mounting(volume, path) := examples.combined([_config, examples.workload("Deployment", {
	"volumes": [{"name": "tmp", "emptyDir": {}}, object.union({"name": "files"}, volume)],
	"containers": [{"name": "server", "volumeMounts": [
		{"name": "tmp", "mountPath": "/tmp"},
		{"name": "files", "mountPath": "/etc/a", "subPath": path},
	]}],
})])

_map(changes) := {"configMap": object.union({"name": "settings"}, changes)}

test_accepts_files_that_are_there if {
	every path in ["a.conf", "b.bin", "a.conf/", ""] {
		assert.none(sub_path.deny) with input as _mounting(_map({}), path)
	}
	items := {"items": [{"key": "a.conf", "path": "etc/b.conf"}]}
	every path in ["etc/b.conf", "etc"] {
		assert.none(sub_path.deny) with input as _mounting(_map(items), path)
	}
}

test_accepts_a_folder_of_another_volume if {
	target := examples.combined([_config, examples.workload("Deployment", {
		"volumes": [{"name": "tmp", "emptyDir": {}}, object.union({"name": "files"}, _map({}))],
		"containers": [{"name": "server", "volumeMounts": [{"name": "tmp", "mountPath": "/tmp", "subPath": "server"}]}],
	})])
	assert.none(sub_path.deny) with input as target
}

test_accepts_what_is_not_known if {
	every volume in [_map({"name": "other"}), {"secret": {"secretName": "other"}}, {"emptyDir": {}}] {
		assert.none(sub_path.deny) with input as _mounting(volume, "a")
	}
	external := examples.resource("external-secrets.io/v1", "ExternalSecret", "other", {"spec": {"dataFrom": [{}]}})
	target := array.concat(_mounting({"secret": {"secretName": "other"}}, "a"), examples.combined([external]))
	assert.none(sub_path.deny) with input as target
}

test_denies_files_that_are_not_there if {
	found := sub_path.deny with input as _mounting(_map({}), "c.conf")
	assert.messages(found, {
		"Deployment/cart: container server mounts the file c.conf of volume files, which has a.conf, b.bin",
	})
	assert.same({each.path | some each in found}, {"/spec/template/spec/containers/0/volumeMounts/1/subPath"})
	assert.size(sub_path.deny, 1) with input as _mounting(_map({}), "a")
}

test_denies_what_no_item_lists if {
	every path in ["a.conf", "b.bin", "et", "etc/b.conf~"] {
		assert.messages(sub_path.deny, {
			sprintf("Deployment/cart: container server mounts the file %s of volume files, which has etc/b.conf", [path]),
		}) with input as _mounting(_map({"items": [{"key": "a.conf", "path": "etc/b.conf"}]}), path)
	}
}

test_denies_files_of_a_secret if {
	sealed := examples.resource("bitnami.com/v1alpha1", "SealedSecret", "other", {"spec": {"encryptedData": {}}})
	target := array.concat(_mounting({"secret": {"secretName": "other"}}, "key"), examples.combined([sealed]))
	assert.messages(sub_path.deny, {
		"Deployment/cart: container server mounts the file key of volume files, which has none",
	}) with input as target
}
