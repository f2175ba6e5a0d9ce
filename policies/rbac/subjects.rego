# METADATA
# title: Bindings have specific subjects
# description: |
#   A missing ServiceAccount gets the permissions as soon as someone creates it. Groups of all users, authenticated or
#   not, are too broad. The account default is used by every pod that sets no account. A ClusterRoleBinding needs the
#   namespace of an account. In a RoleBinding, it is the namespace of the binding by default.
# custom:
#   id: rbac.subjects
#   profile: general
#   subjects: [rbac.authorization.k8s.io/ClusterRoleBinding, rbac.authorization.k8s.io/RoleBinding]
#   severity: high
#   fix: "use a rendered ServiceAccount with its namespace"
#   docs: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-subjects
package rules.rbac.subjects

import data.lib.documents
import data.lib.finding
import data.lib.pods
import data.lib.rbac
import data.lib.references

deny contains found if {
	some binding in rbac.bindings
	some subject in rbac.subjects(binding)
	fault := _fault(subject)
	found := finding.about(binding, object.union(_level(subject), {
		"msg": fault,
		"fix": "use a rendered ServiceAccount with its namespace",
		"path": subject.path,
	}))
}

_everybody := {
	"system:anonymous",
	"system:authenticated",
	"system:serviceaccounts",
	"system:unauthenticated",
}

_fault(subject) := sprintf("grants permissions to everyone (%s)", [subject.name]) if {
	subject.kind in {"Group", "User"}
	subject.name in _everybody
}

_fault(subject) := sprintf("grants permissions to every ServiceAccount of a namespace (%s)", [subject.name]) if {
	subject.kind == "Group"
	startswith(subject.name, "system:serviceaccounts:")
}

_fault(subject) := sprintf("has ServiceAccount %s without a namespace", [subject.name]) if {
	subject.kind == "ServiceAccount"
	subject.namespace == ""
}

_fault(subject) := "grants permissions to the account default, which every pod without its own account uses" if {
	_is_account(subject)
	subject.name == "default"
}

_fault(subject) := sprintf("has ServiceAccount %s/%s, which is not rendered", [subject.namespace, subject.name]) if {
	_is_account(subject)
	subject.name != "default"
	subject.namespace in _known
	not [subject.namespace, subject.name] in _accounts
}

# The API server rejects an account without a namespace. An account may be missing if others of its namespace exist.
_level(subject) := {} if {
	subject.kind == "ServiceAccount"
	subject.namespace == ""
} else := {} if {
	_is_account(subject)
	subject.name != "default"
	references.level("/ServiceAccount", subject.namespace, subject.name) == "deny"
} else := {"general": "warn"}

_is_account(subject) if {
	subject.kind == "ServiceAccount"
	subject.namespace != ""
}

_accounts contains [account.namespace, account.name] if some account in documents.of("", "ServiceAccount")

# The namespaces for which manifests are rendered. The accounts of other namespaces are unknown.
_known := pods.namespaces | {namespace | some [namespace, _] in _accounts}
