package rules.rbac.subjects_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.rbac.subjects

_account := examples.resource("v1", "ServiceAccount", "cart", {})

_bound(subject) := examples.combined([_account, _binding(subject)])

_binding(subject) := examples.resource("rbac.authorization.k8s.io/v1", "RoleBinding", "cart", {
	"roleRef": {"kind": "Role", "name": "cart"},
	"subjects": [subject],
})

_subject(name) := {"kind": "ServiceAccount", "name": name, "namespace": "shop"}

test_accepts_a_rendered_account if {
	assert.none(subjects.deny) with input as _bound(_subject("cart"))
}

test_accepts_people_and_accounts_of_elsewhere if {
	assert.none(subjects.deny) with input as _bound({"kind": "Group", "name": "operators"})
	assert.none(subjects.deny) with input as _bound(object.union(_subject("web"), {"namespace": "else"}))
}

test_accepts_people_who_are_called_like_accounts if {
	every name in ["default", "web", "system:serviceaccounts:shop"] {
		every namespace in ["", "shop"] {
			assert.none(subjects.deny) with input as _bound({"kind": "User", "name": name, "namespace": namespace})
		}
	}
}

test_denies_an_account_that_is_not_rendered if {
	assert.messages(subjects.deny, {
		"RoleBinding/cart: has ServiceAccount shop/web, which is not rendered",
	}) with input as _bound(_subject("web"))
}

test_denies_it_where_only_pods_are_rendered if {
	target := array.concat(examples.deployment({}), examples.combined([_binding(_subject("web"))]))
	assert.size(subjects.deny, 1) with input as target
}

test_denies_an_account_of_the_cluster_without_a_namespace if {
	every name in ["cart", "default", "system:authenticated", "system:serviceaccounts:shop"] {
		binding := examples.resource("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "cart", {
			"roleRef": {"kind": "ClusterRole", "name": "cart"},
			"subjects": [{"kind": "ServiceAccount", "name": name}],
		})
		found := subjects.deny with input as examples.combined([_account, binding])
		assert.messages(found, {sprintf("ClusterRoleBinding/cart: has ServiceAccount %s without a namespace", [name])})
		assert.same({object.get(one, "general", "deny") | some one in found}, {"deny"})
	}
}

test_accepts_an_account_of_the_namespace_of_the_binding if {
	assert.none(subjects.deny) with input as _bound({"kind": "ServiceAccount", "name": "cart"})
	assert.messages(subjects.deny, {
		"RoleBinding/cart: has ServiceAccount shop/web, which is not rendered",
	}) with input as _bound({"kind": "ServiceAccount", "name": "web"})
}

_levels(target) := {object.get(found, "general", "deny") | some found in findings} if {
	findings := subjects.deny with input as target
}

test_only_warns_in_general_of_what_may_be_meant if {
	assert.same(_levels(_bound(_subject("web"))), {"deny"})
	assert.same(_levels(_bound(_subject("default"))), {"warn"})
	assert.same(_levels(_bound({"kind": "Group", "name": "system:authenticated"})), {"warn"})
	assert.same(_levels(array.concat(examples.deployment({}), examples.combined([_binding(_subject("web"))]))), {"warn"})
}

test_denies_the_account_default if {
	assert.messages(subjects.deny, {
		"RoleBinding/cart: grants permissions to the account default, which every pod without its own account uses",
	}) with input as _bound(_subject("default"))
}

test_denies_all_users if {
	names := ["system:anonymous", "system:authenticated", "system:serviceaccounts", "system:unauthenticated"]
	every name in names {
		every kind in ["Group", "User"] {
			assert.messages(subjects.deny, {
				sprintf("RoleBinding/cart: grants permissions to everyone (%s)", [name]),
			}) with input as _bound({"kind": kind, "name": name})
		}
	}
	assert.messages(subjects.deny, {
		"RoleBinding/cart: grants permissions to every ServiceAccount of a namespace (system:serviceaccounts:shop)",
	}) with input as _bound({"kind": "Group", "name": "system:serviceaccounts:shop"})
}
