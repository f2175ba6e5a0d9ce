# METADATA
# title: Rights
# description: What the Roles and ClusterRoles of a target allow, and to whom its bindings give it.
package lib.rbac

import data.lib.documents
import data.lib.finding
import data.lib.values

_group := "rbac.authorization.k8s.io"

roles := array.concat(documents.of(_group, "Role"), documents.of(_group, "ClusterRole"))

bindings := array.concat(documents.of(_group, "RoleBinding"), documents.of(_group, "ClusterRoleBinding"))

# Every rule of every role: who holds it, what it names, and the JSON pointer to it.
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

# Which of these verbs a grant allows.
allowed(grant, verbs) := verbs if "*" in grant.verbs

allowed(grant, verbs) := grant.verbs & verbs if not "*" in grant.verbs

# Whether a grant is about resources of an API group.
is_of(grant, group) if {
	some named in grant.groups
	named in {group, "*"}
}

# A finding about one rule of a role.
about(grant, said) := finding.about(grant.role, object.union(said, {"path": concat("", [grant.path, said.path])}))

# The role that a binding refers to: kind and name.
reference(binding) := {
	"kind": values.text(values.at(binding.content, ["roleRef", "kind"])),
	"name": values.text(values.at(binding.content, ["roleRef", "name"])),
}

# Whom a binding gives its role to, with the JSON pointer to each.
subjects(binding) := [subject |
	some index, content in values.list(values.at(binding.content, ["subjects"]))
	subject := {
		"kind": values.text(values.at(content, ["kind"])),
		"name": values.text(values.at(content, ["name"])),
		"namespace": values.text(values.at(content, ["namespace"])),
		"path": sprintf("/subjects/%d", [index]),
	}
]
