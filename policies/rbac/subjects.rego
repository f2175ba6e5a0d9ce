# METADATA
# title: Bindings name somebody in particular
# description: |
#   A subject that nobody is gets rights the day somebody takes its name; everybody, whether logged in or not, is
#   nobody in particular; and the account default is every pod's that was given none.
# custom:
#   id: rbac.subjects
#   profile: general
#   subjects: [rbac.authorization.k8s.io/ClusterRoleBinding, rbac.authorization.k8s.io/RoleBinding]
#   severity: high
#   fix: "name a ServiceAccount that is rendered, with its namespace"
#   docs: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-subjects
package rules.rbac.subjects

import data.lib.documents
import data.lib.finding
import data.lib.pods
import data.lib.rbac

deny contains found if {
	some binding in rbac.bindings
	some subject in rbac.subjects(binding)
	fault := _fault(subject)
	found := finding.about(binding, {
		"msg": fault,
		"fix": "name a ServiceAccount that is rendered, with its namespace",
		"path": subject.path,
	})
}

_everybody := {
	"system:anonymous",
	"system:authenticated",
	"system:serviceaccounts",
	"system:unauthenticated",
}

_fault(subject) := sprintf("gives rights to everybody (%s)", [subject.name]) if {
	subject.kind in {"Group", "User"}
	subject.name in _everybody
}

_fault(subject) := sprintf("gives rights to every ServiceAccount of a namespace (%s)", [subject.name]) if {
	subject.kind == "Group"
	startswith(subject.name, "system:serviceaccounts:")
}

_fault(subject) := sprintf("names ServiceAccount %s without a namespace", [subject.name]) if {
	subject.kind == "ServiceAccount"
	subject.namespace == ""
}

_fault(subject) := "gives rights to the account default, which is every pod's that was given none" if {
	_is_account(subject)
	subject.name == "default"
}

_fault(subject) := sprintf("names ServiceAccount %s/%s, which is not rendered", [subject.namespace, subject.name]) if {
	_is_account(subject)
	subject.name != "default"
	subject.namespace in _known
	not [subject.namespace, subject.name] in _accounts
}

_is_account(subject) if {
	subject.kind == "ServiceAccount"
	subject.namespace != ""
}

_accounts contains [account.namespace, account.name] if some account in documents.of("", "ServiceAccount")

# The namespaces that this target fills; who lives in others is not known here.
_known := pods.namespaces | {namespace | some [namespace, _] in _accounts}
