package rules.namespaces.pod_security_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.namespaces.pod_security

_labels := {
	"pod-security.kubernetes.io/audit": "restricted",
	"pod-security.kubernetes.io/audit-version": "v1.35",
	"pod-security.kubernetes.io/enforce": "restricted",
	"pod-security.kubernetes.io/enforce-version": "v1.35",
	"pod-security.kubernetes.io/warn": "restricted",
	"pod-security.kubernetes.io/warn-version": "v1.35",
}

_namespace(labels) := examples.combined([{
	"apiVersion": "v1",
	"kind": "Namespace",
	"metadata": {"name": "shop", "labels": labels},
}])

test_accepts_all_labels if {
	assert.none(pod_security.deny) with input as _namespace(_labels)
	other := object.union(_labels, {"pod-security.kubernetes.io/warn-version": "v1.30"})
	assert.none(pod_security.deny) with input as _namespace(other)
}

test_accepts_the_namespaces_of_kubernetes if {
	namespace := {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kube-system"}}
	assert.none(pod_security.deny) with input as examples.combined([namespace])
}

test_denies_each_missing_label if {
	every label, _ in _labels {
		assert.size(pod_security.deny, 1) with input as _namespace(object.remove(_labels, [label]))
	}
	assert.size(pod_security.deny, 6) with input as _namespace(null)
}

test_denies_another_level if {
	labels := object.union(_labels, {"pod-security.kubernetes.io/enforce": "baseline"})
	found := pod_security.deny with input as _namespace(labels)
	assert.messages(found, {"Namespace/shop: pod-security.kubernetes.io/enforce is not restricted"})
	assert.same(examples.autofixes(found), {"/metadata/labels/pod-security.kubernetes.io~1enforce": {"set": "restricted"}})
}

test_denies_a_version_that_moves if {
	labels := object.union(_labels, {"pod-security.kubernetes.io/warn-version": "latest"})
	assert.messages(pod_security.deny, {
		"Namespace/shop: pod-security.kubernetes.io/warn-version is not pinned",
	}) with input as _namespace(labels)
	found := pod_security.deny with input as _namespace(labels) with data.target.kubernetes as "1.33"
	fix := "labels: {pod-security.kubernetes.io/warn-version: v1.33}, the oldest supported Kubernetes version"
	assert.same({one.fix | some one in found}, {fix})
	assert.same(examples.autofixes(found), {"/metadata/labels/pod-security.kubernetes.io~1warn-version": {"set": "v1.33"}})
}
