# METADATA
# title: Documents
# description: The resources of a rendered target and who they are.
package lib.documents

import data.lib.values

# What conftest read, one element a YAML document. An empty document says nothing and is left out.
read := [entry.contents | some entry in input; entry.contents != null]

# Every resource: who it is, once and for all rules, and its content. Asking a resource is cheap; handing whole
# documents to functions is what makes policies slow.
resources := [resource |
	some document in array.concat(read, _listed)

	# Undefined for what is no object, so that it is no resource.
	content := json.remove(document, _absent(document))
	version := values.text(object.get(content, "apiVersion", ""))
	kind := values.text(object.get(content, "kind", ""))
	resource := {
		"apiVersion": version,
		"content": content,
		"kind": kind,
		"name": values.text(object.get(content, ["metadata", "name"], "")),
		"namespace": values.text(object.get(content, ["metadata", "namespace"], "")),
		"type": concat("/", [_group(version), kind]),
	}
]

# What the API server reads as if it were not there: the nulls, but for those in a map of texts, where each is an
# empty text. Nearly every document has none, and writing it out shows that far sooner than walking through it.
_absent(document) := {[sprintf("%v", [part]) | some part in path] |
	contains(json.marshal(document), ":null")
	walk(document, [path, null])
	is_string(path[count(path) - 1])
	not _is_text(path)
}

_maps_of_texts := {
	"annotations",
	"binaryData",
	"data",
	"encryptedData",
	"hard",
	"labels",
	"limits",
	"matchLabels",
	"nodeSelector",
	"requests",
	"stringData",
}

_is_text(path) if path[count(path) - 2] in _maps_of_texts

# A Service's selector is such a map, a Deployment's holds two fields.
_is_text(path) if {
	path[count(path) - 2] == "selector"
	not path[count(path) - 1] in {"matchExpressions", "matchLabels"}
}

_listed := [item |
	some document in read
	is_list(document)
	some item in document.items
]

# A List carries resources and is none itself.
is_list(document) if {
	endswith(document.kind, "List")
	is_array(document.items)
}

# The group of an apiVersion; the core's is empty.
_group(version) := substring(version, 0, indexof(version, "/")) if contains(version, "/")

_group(version) := "" if not contains(version, "/")

# The resources of each type, by their place in the list. Asked for one key, a rule with many looks at everything
# again; so it is made whole, once.
_places := object.union(_place, {})

_place[resource.type] contains index if some index, resource in resources

# The resources of one kind.
of(group, kind) := [resources[index] | some index in _places[concat("/", [group, kind])]]
