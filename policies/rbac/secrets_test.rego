package rules.rbac.secrets_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.rbac.secrets

_role(kind, rule) := examples.combined([examples.resource("rbac.authorization.k8s.io/v1", kind, "cart", {
	"rules": [object.union({"apiGroups": [""], "resources": ["pods", "secrets"]}, rule)],
})])

test_accepts_secrets_by_name if {
	every kind in ["ClusterRole", "Role"] {
		every verb in ["get", "list", "patch", "update"] {
			assert.none(secrets.deny) with input as _role(kind, {"verbs": [verb], "resourceNames": ["cart"]})
		}
	}
}

test_accepts_other_resources_and_groups if {
	assert.none(secrets.deny) with input as _role("Role", {"verbs": ["list"], "resources": ["pods"]})
	assert.none(secrets.deny) with input as _role("Role", {"verbs": ["list"], "apiGroups": ["vault.example"]})
	assert.none(secrets.deny) with input as _role("Role", {"verbs": ["create", "delete"]})
}

test_denies_every_way_to_read if {
	every verb in ["get", "list", "watch", "patch", "update", "deletecollection"] {
		assert.messages(secrets.deny, {
			sprintf("Role/cart: can %s Secrets of its namespace", [verb]),
		}) with input as _role("Role", {"verbs": [verb]})
	}
}

test_denies_secrets_without_names if {
	assert.size(secrets.deny, 1) with input as _role("ClusterRole", {"verbs": ["get"], "resourceNames": []})
}

test_denies_all_verbs_of_a_cluster_role if {
	assert.messages(secrets.deny, {concat("", [
		"ClusterRole/cart: can deletecollection, get, list, patch, update, watch Secrets ",
		"wherever it is bound",
	])}) with input as _role("ClusterRole", {"verbs": ["*"]})
}
