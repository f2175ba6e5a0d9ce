# METADATA
# title: Documents
# description: The resources of a rendered target and their identity.
package lib.documents

import data.lib.values

# The documents that conftest read. Empty documents are left out.
read := [entry.contents | some entry in input; entry.contents != null]

# Every resource with its identity and content, computed once for all rules. Reading a resource is cheap, but passing
# whole documents to functions makes policies slow.
resources := [resource |
	some document in array.concat(read, _listed)

	# Undefined for a document that is not an object, so that it does not count as a resource.
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

# The null values, which the API server treats as absent. In a map of strings, null is an empty string instead. Most
# documents have no nulls. Searching their text shows that faster than walking through them.
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

# The selector of a Service is such a map, but the selector of a Deployment has two fields.
_is_text(path) if {
	path[count(path) - 2] == "selector"
	not path[count(path) - 1] in {"matchExpressions", "matchLabels"}
}

_listed := [item |
	some document in read
	is_list(document)
	some item in document.items
]

# A List contains resources and is not a resource itself.
is_list(document) if {
	endswith(document.kind, "List")
	is_array(document.items)
}

# The group of an apiVersion. The core group is empty.
_group(version) := substring(version, 0, indexof(version, "/")) if contains(version, "/")

_group(version) := "" if not contains(version, "/")

# The resources of each type, by their position. A rule for a single key would search all resources again, so this
# object is computed once.
_places := object.union(_place, {})

_place[resource.type] contains index if some index, resource in resources

# The resources of one kind.
of(group, kind) := [resources[index] | some index in _places[concat("/", [group, kind])]]
