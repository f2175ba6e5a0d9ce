package rules.documents.labels_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.documents.labels

_long(number) := concat("", ["a" | some _ in numbers.range(1, number)])

_with(metadata) := examples.combined([examples.resource("v1", "Service", "cart", {"metadata": metadata})])

test_accepts_labels_and_annotations if {
	every value in ["", "a", "9", "ab", "1.2.3", "A_b-c.d", _long(63)] {
		assert.none(labels.deny) with input as _with({"labels": {"app": value}})
	}
	every key in ["app", "app.kubernetes.io/name", "9a9a9.8b8b8/c", "a/B_c", sprintf("%s/%s", [_long(253), _long(63)])] {
		assert.none(labels.deny) with input as _with({"labels": {key: ""}, "annotations": {key: "any thing/at all"}})
	}
	assert.none(labels.deny) with input as _with({"labels": {"app": 1}, "annotations": null})
}

test_denies_values_that_no_label_has if {
	every value in ["a b", "a/b", "-a", "a-", "a:1", _long(64)] {
		assert.messages(labels.deny, {
			sprintf("Service/cart: the label app has the invalid value %s", [value]),
		}) with input as _with({"labels": {"app": value}})
	}
}

test_denies_invalid_keys if {
	every key in ["", "a b", "a/b/c", "/a", "a/", "A.b/c", _long(64), sprintf("%s/a", [_long(254)])] {
		every field in ["annotations", "labels"] {
			assert.messages(labels.deny, {
				sprintf("Service/cart: %s has the invalid key %s", [field, key]),
			}) with input as _with({field: {key: "a"}})
		}
	}
}

_pods(kind, metadata) := examples.combined([object.union(
	examples.workload(kind, examples.pod_spec),
	{"spec": {"template": {"metadata": metadata}}},
)])

test_denies_them_in_pod_templates if {
	found := labels.deny with input as _pods("Deployment", {"labels": {"version": "a b"}, "annotations": {"a b": ""}})
	assert.messages(found, {
		"Deployment/cart: the label version has the invalid value a b",
		"Deployment/cart: annotations has the invalid key a b",
	})
	assert.same({each.path | some each in found}, {
		"/spec/template/metadata/labels",
		"/spec/template/metadata/annotations",
	})
}

test_denies_once_in_pods if {
	pod := object.union(examples.workload("Pod", examples.pod_spec), {"metadata": {"labels": {"version": "a b"}}})
	found := labels.deny with input as examples.combined([pod])
	assert.same({each.path | some each in found}, {"/metadata/labels"})
}
