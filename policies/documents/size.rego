# METADATA
# title: Objects are small enough to be kept
# description: |
#   The API server refuses a ConfigMap or Secret of more than 1 MiB of data, and an object with more than 256 KiB of
#   annotations.
# custom:
#   id: documents.size
#   profile: general
#   subjects: resources
#   severity: high
#   fix: "split the data, or put what is large into an image or a volume"
#   docs: https://kubernetes.io/docs/concepts/configuration/configmap/#motivation
package rules.documents.size

import data.lib.documents
import data.lib.finding
import data.lib.values

deny contains found if {
	some kind in ["ConfigMap", "Secret"]
	some resource in documents.of("", kind)
	plain := _texts(resource, _plain[kind])
	encoded := _texts(resource, _encoded[kind])
	kept := sum([_decoded(text) | some text in encoded])

	# No letter takes more than four bytes; counting these is slow and seldom needed.
	kept + (4 * sum([count(text) | some text in plain])) > _most
	size := kept + sum([_bytes(text) | some text in plain])
	size > _most
	found := finding.about(resource, {
		"msg": sprintf("holds %d KiB of data, of at most 1024", [ceil(size / 1024)]),
		"fix": "split the data, or put what is large into an image or a volume",
		"path": "",
	})
}

deny contains found if {
	some resource in documents.resources
	annotations := values.map(values.at(resource.content, ["metadata", "annotations"]))
	size := sum([_bytes(concat("", [key, text])) | some key, text in annotations; is_string(text)])
	size > 262144
	found := finding.about(resource, {
		"msg": sprintf("has %d KiB of annotations, of at most 256", [ceil(size / 1024)]),
		"fix": "keep what is large in a ConfigMap of its own",
		"path": "/metadata/annotations",
	})
}

_most := 1048576

# Which of their texts are written as they are, and which in base64.
_plain := {"ConfigMap": "data", "Secret": "stringData"}

_encoded := {"ConfigMap": "binaryData", "Secret": "data"}

_texts(resource, field) := [text | some text in values.map(values.at(resource.content, [field]))]

_bytes(text) := count(hex.encode(text)) / 2

_decoded(text) := (count(text) * 3) / 4
