# METADATA
# title: Documents have an apiVersion, kind and name
# description: |
#   A document without apiVersion, kind or name passes all other rules, because no rule finds it.
# custom:
#   id: documents.identity
#   profile: baseline
#   subjects: [resources, target]
#   severity: high
#   fix: "set apiVersion, kind and metadata.name to strings"
package rules.documents.identity

import data.lib.documents
import data.lib.finding
import data.lib.values

deny contains found if {
	some index, document in documents.read
	not is_object(document)
	found := finding.about_target({
		"msg": sprintf("document %d of the target is not an object", [index + 1]),
		"fix": "remove the document, or make it an object",
	})
}

deny contains found if {
	some resource in documents.resources
	some field in ["apiVersion", "kind"]
	resource[field] == ""
	found := finding.about(resource, {
		"msg": sprintf("has no %s", [field]),
		"fix": sprintf("set %s to a string", [field]),
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
		"fix": "set metadata.name to a string",
		"path": "/metadata/name",
	})
}
