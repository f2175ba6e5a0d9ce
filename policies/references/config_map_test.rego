package rules.references.config_map_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.references.config_map

_reader := examples.workload("Deployment", object.union(examples.pod_spec, {"containers": [object.union(
	examples.container,
	{"env": [{"name": "MODE", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "mode"}}}]},
)]}))

_config_map(name, key) := examples.resource("v1", "ConfigMap", name, {"data": {key: "fast"}})

test_accepts_a_config_map_with_the_key if {
	target := examples.combined([_reader, _config_map("settings", "mode")])
	assert.none(config_map.deny | config_map.warn) with input as target
}

test_leaves_secrets_to_their_own_rule if {
	key := {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "jwt"}}}
	reader := examples.server({"env": [key]})
	assert.none(config_map.deny | config_map.warn) with input as reader
	sealed := examples.resource("bitnami.com/v1alpha1", "SealedSecret", "keys", {"spec": {"encryptedData": {"a": "AgBy"}}})
	assert.none(config_map.deny) with input as array.concat(reader, examples.combined([sealed]))
}

test_denies_an_absent_key if {
	assert.messages(config_map.deny, {
		"Deployment/cart: container server reads key mode of ConfigMap settings, which does not have this key",
	}) with input as examples.combined([_reader, _config_map("settings", "other")])
}

test_denies_an_absent_config_map if {
	target := examples.combined([_reader, _config_map("other", "mode")])
	messages := {"Deployment/cart: container server reads ConfigMap settings, which is not rendered"}
	assert.messages(config_map.deny, messages) with input as target
}

test_warns_where_no_config_map_is_kept if {
	messages := {"Deployment/cart: container server reads ConfigMap settings, which is not rendered"}
	assert.messages(config_map.warn, messages) with input as examples.combined([_reader])
	assert.none(config_map.deny) with input as examples.combined([_reader])
}
