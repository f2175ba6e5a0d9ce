package rules.references.secret_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.references.secret

_reader := examples.workload("Deployment", object.union(examples.pod_spec, {"containers": [object.union(
	examples.container,
	{"env": [{"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "jwt"}}}]},
)]}))

_sealed(name, key) := examples.resource("bitnami.com/v1alpha1", "SealedSecret", name, {"spec": {
	"encryptedData": {key: "AgBy"},
}})

test_accepts_a_source_with_the_key if {
	assert.none(secret.deny | secret.warn) with input as examples.combined([_reader, _sealed("keys", "jwt")])
}

test_leaves_config_maps_to_their_own_rule if {
	mode := {"name": "MODE", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "mode"}}}
	reader := examples.server({"env": [mode]})
	assert.none(secret.deny | secret.warn) with input as reader
	config_map := examples.resource("v1", "ConfigMap", "settings", {"data": {"other": "1"}})
	assert.none(secret.deny) with input as array.concat(reader, examples.combined([config_map]))
}

test_denies_an_absent_key if {
	assert.messages(secret.deny, {
		"Deployment/cart: container server reads key jwt of Secret keys, whose source does not have this key",
	}) with input as examples.combined([_reader, _sealed("keys", "other")])
}

test_denies_an_absent_secret if {
	messages := {"Deployment/cart: container server reads Secret keys, which is neither rendered nor created"}
	assert.messages(secret.deny, messages) with input as examples.combined([_reader, _sealed("other", "jwt")])
}

test_warns_where_no_secret_is_made if {
	messages := {"Deployment/cart: container server reads Secret keys, which is neither rendered nor created"}
	assert.messages(secret.warn, messages) with input as examples.combined([_reader])
	assert.none(secret.deny) with input as examples.combined([_reader])
}
