# METADATA
# title: Objects are not too large
# description: |
#   The API server rejects a ConfigMap or Secret with more than 1 MiB of data, and an object with more than 256 KiB of
#   annotations.
# custom:
#   id: documents.size
#   profile: general
#   subjects: resources
#   severity: high
#   fix: "split the data, or move large files into an image or a volume"
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

	# A character has at most four bytes. The exact count is slow and rarely necessary.
	kept + (4 * sum([count(text) | some text in plain])) > _most
	size := kept + sum([_bytes(text) | some text in plain])
	size > _most
	found := finding.about(resource, {
		"msg": sprintf("has %d KiB of data, more than 1024", [ceil(size / 1024)]),
		"fix": "split the data, or move large files into an image or a volume",
		"path": "",
	})
}

deny contains found if {
	some resource in documents.resources
	annotations := values.map(values.at(resource.content, ["metadata", "annotations"]))
	size := sum([_bytes(concat("", [key, text])) | some key, text in annotations; is_string(text)])
	size > 262144
	found := finding.about(resource, {
		"msg": sprintf("has %d KiB of annotations, more than 256", [ceil(size / 1024)]),
		"fix": "move large values into a ConfigMap",
		"path": "/metadata/annotations",
	})
}

_most := 1048576

# The fields with plain text, and the fields in base64.
_plain := {"ConfigMap": "data", "Secret": "stringData"}

_encoded := {"ConfigMap": "binaryData", "Secret": "data"}

_texts(resource, field) := [text | some text in values.map(values.at(resource.content, [field]))]

_bytes(text) := count(hex.encode(text)) / 2

_decoded(text) := (count(text) * 3) / 4
