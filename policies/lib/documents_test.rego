package lib.documents_test

import data.lib.assert_test as assert
import data.lib.documents
import data.lib.examples_test as examples

_cart := examples.resource("apps/v1", "Deployment", "cart", {"metadata": {"labels": {"app": "cart"}}})

_web := examples.resource("v1", "Service", "web", {})

test_takes_lists_apart_and_leaves_empty_documents_out if {
	list := {"apiVersion": "v1", "kind": "List", "items": [_web, "nothing"]}
	target := examples.combined([_cart, null, list, "text"])
	assert.same(documents.read, [_cart, list, "text"]) with input as target
	found := documents.resources with input as target
	assert.same([resource.content | some resource in found], [_cart, list, _web])
}

test_finds_resources_by_group_and_kind if {
	target := examples.combined([_cart, _web])
	deployments := documents.of("apps", "Deployment") with input as target
	assert.same([resource.content | some resource in deployments], [_cart])
	services := documents.of("", "Service") with input as target
	assert.same([resource.content | some resource in services], [_web])
	assert.same(documents.of("serving.knative.dev", "Service"), []) with input as target
}

test_names_a_resource if {
	assert.same(documents.resources, [{
		"apiVersion": "apps/v1",
		"content": _cart,
		"kind": "Deployment",
		"name": "cart",
		"namespace": "shop",
		"type": "apps/Deployment",
	}]) with input as examples.combined([_cart])
}

test_names_what_has_no_name if {
	every content in [{"metadata": {}}, {"apiVersion": 1, "kind": [], "metadata": {"name": 7}}] {
		assert.same(documents.resources, [{
			"apiVersion": "",
			"content": content,
			"kind": "",
			"name": "",
			"namespace": "",
			"type": "/",
		}]) with input as examples.combined([content])
	}
}

test_takes_nothing_else_apart if {
	every other in [
		{"kind": "Menu", "items": [_web]},
		{"kind": "List", "items": {"first": _web}},
	] {
		found := documents.resources with input as examples.combined([other])
		assert.same([resource.content | some resource in found], [other])
	}
}

test_reads_null_as_absent if {
	target := examples.combined([{
		"kind": "Service",
		"metadata": null,
		"spec": {"ports": [{"port": 80, "targetPort": null}, null], "selector": {"app": null}},
	}])
	found := documents.resources with input as target
	assert.same(found[0].content, {
		"kind": "Service",
		"spec": {"ports": [{"port": 80}, null], "selector": {"app": null}},
	})
}

test_reads_null_as_an_empty_text_in_a_map_of_texts if {
	deployment := {"spec": {"paused": null, "selector": {"matchLabels": {"app": null}, "matchExpressions": null}}}
	found := documents.resources with input as examples.combined([deployment])
	assert.same(found[0].content, {"spec": {"selector": {"matchLabels": {"app": null}}}})
	every field in ["matchExpressions", "matchLabels"] {
		absent := documents.resources with input as examples.combined([{"spec": {"selector": {field: null}}}])
		assert.same(absent[0].content, {"spec": {"selector": {}}})
	}
}

# Fields with the type map[string]string, map[string][]byte or a map of quantities in the API reference.
_maps := [
	"annotations", "binaryData", "data", "encryptedData", "hard", "labels", "limits", "matchLabels", "nodeSelector",
	"requests", "stringData",
]

test_knows_the_maps_of_texts if {
	every field in _maps {
		content := {"spec": {field: {"a": null}}}
		found := documents.resources with input as examples.combined([content])
		assert.same(found[0].content, content)
	}
}
