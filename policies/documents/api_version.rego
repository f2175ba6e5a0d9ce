# METADATA
# title: API versions are supported
# description: |
#   Every supported Kubernetes version has removed these API versions, so the object cannot be applied. For deprecated
#   versions, the rule only warns.
# custom:
#   id: documents.api_version
#   profile: general
#   subjects: resources
#   severity: high
#   fix: "use the version that replaces it"
#   docs: https://kubernetes.io/docs/reference/using-api/deprecation-guide/
package rules.documents.api_version

import data.lib.documents
import data.lib.finding

deny contains found if {
	some resource in documents.resources
	gone := _removed[resource.apiVersion][resource.kind]
	found := finding.about(resource, {
		"msg": sprintf("%s was removed in Kubernetes %s", [resource.apiVersion, gone.release]),
		"fix": sprintf("use %s", [gone.instead]),
		"path": "/apiVersion",
	})
}

warn contains found if {
	some resource in documents.resources
	resource.apiVersion == "v1"
	resource.kind == "Endpoints"
	found := finding.about(resource, {
		"msg": "is deprecated since Kubernetes 1.33",
		"fix": "use EndpointSlice of discovery.k8s.io/v1",
		"path": "/apiVersion",
	})
}

_removed[version][kind] := {"instead": instead, "release": release} if {
	some [release, version, kinds, instead] in _rows
	some kind in kinds
}

# https://kubernetes.io/docs/reference/using-api/deprecation-guide/: removed in, version, kinds, replacement
_rows := [
	["1.16", "apps/v1beta1", ["Deployment", "StatefulSet"], "apps/v1"],
	["1.16", "apps/v1beta2", ["DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"], "apps/v1"],
	["1.16", "extensions/v1beta1", ["DaemonSet", "Deployment", "ReplicaSet"], "apps/v1"],
	["1.16", "extensions/v1beta1", ["NetworkPolicy"], "networking.k8s.io/v1"],
	["1.16", "extensions/v1beta1", ["PodSecurityPolicy"], _admission],
	[
		"1.22",
		"admissionregistration.k8s.io/v1beta1",
		["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"],
		"admissionregistration.k8s.io/v1",
	],
	["1.22", "apiextensions.k8s.io/v1beta1", ["CustomResourceDefinition"], "apiextensions.k8s.io/v1"],
	["1.22", "apiregistration.k8s.io/v1beta1", ["APIService"], "apiregistration.k8s.io/v1"],
	["1.22", "certificates.k8s.io/v1beta1", ["CertificateSigningRequest"], "certificates.k8s.io/v1"],
	["1.22", "coordination.k8s.io/v1beta1", ["Lease"], "coordination.k8s.io/v1"],
	["1.22", "extensions/v1beta1", ["Ingress"], "networking.k8s.io/v1"],
	["1.22", "networking.k8s.io/v1beta1", ["Ingress", "IngressClass"], "networking.k8s.io/v1"],
	[
		"1.22",
		"rbac.authorization.k8s.io/v1beta1",
		["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"],
		"rbac.authorization.k8s.io/v1",
	],
	["1.22", "scheduling.k8s.io/v1beta1", ["PriorityClass"], "scheduling.k8s.io/v1"],
	[
		"1.22",
		"storage.k8s.io/v1beta1",
		["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"],
		"storage.k8s.io/v1",
	],
	["1.25", "autoscaling/v2beta1", ["HorizontalPodAutoscaler"], "autoscaling/v2"],
	["1.25", "batch/v1beta1", ["CronJob"], "batch/v1"],
	["1.25", "discovery.k8s.io/v1beta1", ["EndpointSlice"], "discovery.k8s.io/v1"],
	["1.25", "events.k8s.io/v1beta1", ["Event"], "events.k8s.io/v1"],
	["1.25", "node.k8s.io/v1beta1", ["RuntimeClass"], "node.k8s.io/v1"],
	["1.25", "policy/v1beta1", ["PodDisruptionBudget"], "policy/v1"],
	["1.25", "policy/v1beta1", ["PodSecurityPolicy"], _admission],
	["1.26", "autoscaling/v2beta2", ["HorizontalPodAutoscaler"], "autoscaling/v2"],
	["1.26", "flowcontrol.apiserver.k8s.io/v1beta1", _of_flows, "flowcontrol.apiserver.k8s.io/v1"],
	["1.27", "storage.k8s.io/v1beta1", ["CSIStorageCapacity"], "storage.k8s.io/v1"],
	["1.29", "flowcontrol.apiserver.k8s.io/v1beta2", _of_flows, "flowcontrol.apiserver.k8s.io/v1"],
	["1.32", "flowcontrol.apiserver.k8s.io/v1beta3", _of_flows, "flowcontrol.apiserver.k8s.io/v1"],
]

_of_flows := ["FlowSchema", "PriorityLevelConfiguration"]

_admission := "the labels of Pod Security Admission"
