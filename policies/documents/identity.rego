# METADATA
# title: Documents say what they are
# description: |
#   A document without apiVersion, kind or name belongs to no kind that a rule looks for, and would pass them all.
# custom:
#   id: documents.identity
#   profile: baseline
#   subjects: [resources, target]
#   severity: high
#   fix: "write apiVersion, kind and metadata.name as text"
package rules.documents.identity

import data.lib.documents
import data.lib.finding
import data.lib.values

deny contains found if {
	some index, document in documents.read
	not is_object(document)
	found := finding.about_target({
		"msg": sprintf("document %d of the target is no object", [index + 1]),
		"fix": "remove the document, or write it as an object",
	})
}

deny contains found if {
	some resource in documents.resources
	some field in ["apiVersion", "kind"]
	resource[field] == ""
	found := finding.about(resource, {
		"msg": sprintf("has no %s", [field]),
		"fix": sprintf("write %s as text", [field]),
		"path": sprintf("/%s", [field]),
	})
}

deny contains found if {
	some resource in documents.resources
	resource.name == ""
	not documents.is_list(resource.content)
	values.text(object.get(resource.content, ["metadata", "generateName"], "")) == ""
	found := finding.about(resource, {
		"msg": "has no name",
		"fix": "write metadata.name as text",
		"path": "/metadata/name",
	})
}
