# METADATA
# title: Namespaces enforce the restricted Pod Security Standard
# description: |
#   The API server then rejects violations that the rules in Git do not find. All three modes need a label with a pinned
#   version, so that a cluster upgrade does not change the checks. The rule leaves out the namespaces of Kubernetes
#   itself, whose pods need more.
# custom:
#   id: namespaces.pod_security
#   profile: general
#   general: warn
#   subjects: [Namespace, namespaces]
#   severity: high
#   fix: "set the labels pod-security.kubernetes.io/{enforce,audit,warn}: restricted, each with its -version"
#   docs: https://kubernetes.io/docs/concepts/security/pod-security-admission/
package rules.namespaces.pod_security

import data.lib.documents
import data.lib.finding
import data.lib.pod_security_standard
import data.lib.pods
import data.lib.values

_modes := {"audit", "enforce", "warn"}

_namespaces := [namespace |
	some namespace in documents.of("", "Namespace")
	not namespace.name in pods.system_namespaces
]

deny contains found if {
	some namespace in _namespaces
	some mode in _modes
	label := sprintf("pod-security.kubernetes.io/%s", [mode])
	_label(namespace, label) != "restricted"
	found := finding.about(namespace, {
		"msg": sprintf("%s is not restricted", [label]),
		"fix": sprintf("labels: {%s: restricted}", [label]),
		"path": sprintf("/metadata/labels/%s", [replace(label, "/", "~1")]),
		"set": "restricted",
	})
}

deny contains found if {
	some namespace in _namespaces
	some mode in _modes
	label := sprintf("pod-security.kubernetes.io/%s-version", [mode])
	not _is_pinned(_label(namespace, label))
	found := finding.about(namespace, {
		"msg": sprintf("%s is not pinned", [label]),
		"fix": sprintf("labels: {%s: %s}, the oldest supported Kubernetes version", [label, _oldest]),
		"path": sprintf("/metadata/labels/%s", [replace(label, "/", "~1")]),
		"set": _oldest,
	})
}

_label(namespace, label) := values.text(object.get(namespace.content, ["metadata", "labels", label], ""))

_oldest := sprintf("v1.%d", [pod_security_standard.minor])

_is_pinned(version) if regex.match(`^v1\.[0-9]+$`, version)
