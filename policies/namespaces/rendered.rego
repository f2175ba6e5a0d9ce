# METADATA
# title: The namespaces of environments are rendered
# description: |
#   A namespace that is not in Git has no labels, so nothing enforces the Pod Security Standard in it.
# custom:
#   id: namespaces.rendered
#   profile: system
#   subjects: namespaces
#   severity: high
#   fix: "add namespace.yaml to the overlay"
#   docs: https://kubernetes.io/docs/concepts/security/pod-security-admission/
package rules.namespaces.rendered

import data.lib.documents
import data.lib.finding
import data.lib.pods

_rendered contains namespace.name if some namespace in documents.of("", "Namespace")

deny contains found if {
	some name in pods.namespaces
	data.environments[name]
	not name in _rendered
	found := finding.about_namespace(name, {
		"msg": "is not rendered, so nothing enforces the Pod Security Standard",
		"fix": "add namespace.yaml to the overlay",
		"path": "",
	})
}
