# METADATA
# title: Labels and annotations are valid
# description: |
#   The API server rejects labels with values of more than 63 characters, or with spaces or slashes, and invalid keys of
#   labels and annotations. Schemas do not check this. If a pod template has such a label, the workload is accepted but
#   its pods are rejected.
# custom:
#   id: documents.labels
#   profile: general
#   subjects: resources
#   severity: high
#   fix: "use at most 63 letters, digits, hyphens, underscores and dots, or use an annotation"
#   docs: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
package rules.documents.labels

import data.lib.documents
import data.lib.finding
import data.lib.pods
import data.lib.values

deny contains found if {
	some holder in _holders
	some key, value in holder.labels
	is_string(value)
	value != ""
	not _is_word(value)
	found := finding.about(holder.resource, {
		"msg": sprintf("the label %s has the invalid value %s", [key, value]),
		"fix": "use at most 63 letters, digits, hyphens, underscores and dots, or use an annotation",
		"path": concat("", [holder.path, "/labels"]),
	})
}

deny contains found if {
	some holder in _holders
	some field in ["annotations", "labels"]
	some key, _ in holder[field]
	not _is_key(key)
	found := finding.about(holder.resource, {
		"msg": sprintf("%s has the invalid key %s", [field, key]),
		"fix": "use a name of at most 63 characters, with an optional prefix of a domain and a slash",
		"path": sprintf("%s/%s", [holder.path, field]),
	})
}

_holders := array.concat(
	[{"annotations": annotations, "labels": labels, "path": "/metadata", "resource": resource} |
		some resource in documents.resources
		annotations := values.map(values.at(resource.content, ["metadata", "annotations"]))
		labels := values.map(values.at(resource.content, ["metadata", "labels"]))
	],
	[{"annotations": pod.annotations, "labels": pod.labels, "path": path, "resource": pod.resource} |
		some pod in pods.templates
		pod.resource.kind != "Pod"
		path := replace(pod.path, "template/spec", "template/metadata")
	],
)

_is_word(text) if regex.match(`^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$`, text)

_is_key(key) if _is_word(key)

_is_key(key) if {
	[prefix, name] := split(key, "/")
	_is_word(name)
	count(prefix) <= 253
	regex.match(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`, prefix)
}
