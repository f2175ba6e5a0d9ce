# METADATA
# title: Documents
# description: The resources of a rendered target and who they are.
package lib.documents

import data.lib.values

# What conftest read, one element a YAML document. An empty document says nothing and is left out.
read := [entry.contents | some entry in input; entry.contents != null]

# Every resource: the documents themselves and what a List carries.
resources := array.concat([document | some document in read; is_object(document)], _listed)

_listed := [item |
	some document in read
	is_list(document)
	some item in document.items
	is_object(item)
]

# A List carries resources and is none itself.
is_list(document) if {
	endswith(document.kind, "List")
	is_array(document.items)
}

# The resources of one kind; a group is the apiVersion without its version, empty for the core.
of(group, kind) := [document |
	some document in resources
	document.kind == kind
	api_group(document) == group
]

api_group(document) := group if {
	[group, _] := split(values.text(values.at(document, ["apiVersion"])), "/")
}

api_group(document) := "" if not contains(values.text(values.at(document, ["apiVersion"])), "/")

name(document) := values.text(values.at(document, ["metadata", "name"]))

namespace(document) := values.text(values.at(document, ["metadata", "namespace"]))

labels(document) := values.map(values.at(document, ["metadata", "labels"]))

annotations(document) := values.map(values.at(document, ["metadata", "annotations"]))

# Who a finding is about.
identity(document) := {
	"apiVersion": values.text(values.at(document, ["apiVersion"])),
	"kind": values.text(values.at(document, ["kind"])),
	"namespace": namespace(document),
	"name": name(document),
}
