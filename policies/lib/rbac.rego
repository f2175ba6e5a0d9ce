# METADATA
# title: RBAC
# description: The permissions of the Roles and ClusterRoles of a target, and the subjects of its bindings.
package lib.rbac

import data.lib.documents
import data.lib.finding
import data.lib.values

_group := "rbac.authorization.k8s.io"

roles := array.concat(documents.of(_group, "Role"), documents.of(_group, "ClusterRole"))

bindings := array.concat(documents.of(_group, "RoleBinding"), documents.of(_group, "ClusterRoleBinding"))

# Every rule of every role: the role, the contents of the rule, and the JSON pointer to it.
grants := [grant |
	some role in roles
	some index, content in values.list(values.at(role.content, ["rules"]))
	grant := {
		"groups": _texts(content, "apiGroups"),
		"names": _texts(content, "resourceNames"),
		"path": sprintf("/rules/%d", [index]),
		"resources": _texts(content, "resources"),
		"role": role,
		"urls": _texts(content, "nonResourceURLs"),
		"verbs": _texts(content, "verbs"),
	}
]

_texts(content, key) := {values.text(text) | some text in values.list(values.at(content, [key]))}

# The subset of these verbs that a rule allows.
allowed(grant, verbs) := verbs if "*" in grant.verbs

allowed(grant, verbs) := grant.verbs & verbs if not "*" in grant.verbs

# Whether a rule covers an API group.
is_of(grant, group) if {
	some named in grant.groups
	named in {group, "*"}
}

# A finding about one rule of a role.
about(grant, body) := finding.about(grant.role, object.union(body, {"path": concat("", [grant.path, body.path])}))

# The kind and name of the role in a binding.
reference(binding) := {
	"kind": values.text(values.at(binding.content, ["roleRef", "kind"])),
	"name": values.text(values.at(binding.content, ["roleRef", "name"])),
}

# The subjects of a binding, with the JSON pointer to each. In a RoleBinding, an account without a namespace is one of
# the namespace of the binding.
subjects(binding) := [subject |
	some index, content in values.list(values.at(binding.content, ["subjects"]))
	subject := {
		"kind": values.text(values.at(content, ["kind"])),
		"name": values.text(values.at(content, ["name"])),
		"namespace": _home(binding, content),
		"path": sprintf("/subjects/%d", [index]),
	}
]

_home(binding, subject) := binding.namespace if {
	binding.kind == "RoleBinding"
	values.at(subject, ["kind"]) == "ServiceAccount"
	values.text(values.at(subject, ["namespace"])) == ""
} else := values.text(values.at(subject, ["namespace"]))

# The namespaces in which an account has a permission through the rendered roles, as [namespace, account, namespace]. `*`
# is every namespace.
holders(group, resource, verbs) := {[subject.namespace, subject.name, reach] |
	some grant in grants
	is_of(grant, group)
	count(grant.resources & {resource, "*"}) > 0
	count(allowed(grant, verbs)) > 0
	some binding in bindings
	role := reference(binding)
	[role.kind, role.name] == [grant.role.kind, grant.role.name]
	_is_bound(binding, grant.role)
	some subject in subjects(binding)
	subject.kind == "ServiceAccount"
	reach := _reach(binding)
}

_is_bound(_, role) if role.kind == "ClusterRole"

_is_bound(binding, role) if role.namespace == binding.namespace

_reach(binding) := "*" if binding.kind == "ClusterRoleBinding"

_reach(binding) := binding.namespace if binding.kind == "RoleBinding"
