package lib.documents_test

import data.lib.documents
import data.lib.examples_test as examples

_cart := examples.resource("apps/v1", "Deployment", "cart", {"metadata": {"labels": {"app": "cart"}}})

_web := examples.resource("v1", "Service", "web", {})

test_takes_lists_apart_and_leaves_empty_documents_out if {
	list := {"apiVersion": "v1", "kind": "List", "items": [_web, "nothing"]}
	target := examples.combined([_cart, null, list, "text"])
	documents.read == [_cart, list, "text"] with input as target
	documents.resources == [_cart, list, _web] with input as target
}

test_finds_resources_by_group_and_kind if {
	target := examples.combined([_cart, _web])
	documents.of("apps", "Deployment") == [_cart] with input as target
	documents.of("", "Service") == [_web] with input as target
	documents.of("serving.knative.dev", "Service") == [] with input as target
}

test_names_a_resource if {
	documents.identity(_cart) == {"apiVersion": "apps/v1", "kind": "Deployment", "namespace": "shop", "name": "cart"}
	documents.labels(_cart) == {"app": "cart"}
}

test_names_what_has_no_name if {
	documents.identity({"metadata": null}) == {"apiVersion": "", "kind": "", "namespace": "", "name": ""}
	documents.labels({}) == {}
}
