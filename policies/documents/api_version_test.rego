package rules.documents.api_version_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.documents.api_version

_of(version, kind) := examples.combined([examples.resource(version, kind, "cart", {})])

test_accepts_what_is_served if {
	every pair in [
		["policy/v1", "PodDisruptionBudget"],
		["apps/v1", "Deployment"],
		["v1", "Service"],
		["example/v1", "Endpoints"],
	] {
		assert.none(api_version.deny) with input as _of(pair[0], pair[1])
		assert.none(api_version.warn) with input as _of(pair[0], pair[1])
	}
}

# The deprecation guide of Kubernetes again, one removed kind per line: release, kind and replacement.
_gone := `
1.16 apps/v1beta1 Deployment → apps/v1
1.16 apps/v1beta1 StatefulSet → apps/v1
1.16 apps/v1beta2 DaemonSet → apps/v1
1.16 apps/v1beta2 Deployment → apps/v1
1.16 apps/v1beta2 ReplicaSet → apps/v1
1.16 apps/v1beta2 StatefulSet → apps/v1
1.16 extensions/v1beta1 DaemonSet → apps/v1
1.16 extensions/v1beta1 Deployment → apps/v1
1.16 extensions/v1beta1 NetworkPolicy → networking.k8s.io/v1
1.16 extensions/v1beta1 PodSecurityPolicy → the labels of Pod Security Admission
1.16 extensions/v1beta1 ReplicaSet → apps/v1
1.22 admissionregistration.k8s.io/v1beta1 MutatingWebhookConfiguration → admissionregistration.k8s.io/v1
1.22 admissionregistration.k8s.io/v1beta1 ValidatingWebhookConfiguration → admissionregistration.k8s.io/v1
1.22 apiextensions.k8s.io/v1beta1 CustomResourceDefinition → apiextensions.k8s.io/v1
1.22 apiregistration.k8s.io/v1beta1 APIService → apiregistration.k8s.io/v1
1.22 certificates.k8s.io/v1beta1 CertificateSigningRequest → certificates.k8s.io/v1
1.22 coordination.k8s.io/v1beta1 Lease → coordination.k8s.io/v1
1.22 extensions/v1beta1 Ingress → networking.k8s.io/v1
1.22 networking.k8s.io/v1beta1 Ingress → networking.k8s.io/v1
1.22 networking.k8s.io/v1beta1 IngressClass → networking.k8s.io/v1
1.22 rbac.authorization.k8s.io/v1beta1 ClusterRole → rbac.authorization.k8s.io/v1
1.22 rbac.authorization.k8s.io/v1beta1 ClusterRoleBinding → rbac.authorization.k8s.io/v1
1.22 rbac.authorization.k8s.io/v1beta1 Role → rbac.authorization.k8s.io/v1
1.22 rbac.authorization.k8s.io/v1beta1 RoleBinding → rbac.authorization.k8s.io/v1
1.22 scheduling.k8s.io/v1beta1 PriorityClass → scheduling.k8s.io/v1
1.22 storage.k8s.io/v1beta1 CSIDriver → storage.k8s.io/v1
1.22 storage.k8s.io/v1beta1 CSINode → storage.k8s.io/v1
1.22 storage.k8s.io/v1beta1 StorageClass → storage.k8s.io/v1
1.22 storage.k8s.io/v1beta1 VolumeAttachment → storage.k8s.io/v1
1.25 autoscaling/v2beta1 HorizontalPodAutoscaler → autoscaling/v2
1.25 batch/v1beta1 CronJob → batch/v1
1.25 discovery.k8s.io/v1beta1 EndpointSlice → discovery.k8s.io/v1
1.25 events.k8s.io/v1beta1 Event → events.k8s.io/v1
1.25 node.k8s.io/v1beta1 RuntimeClass → node.k8s.io/v1
1.25 policy/v1beta1 PodDisruptionBudget → policy/v1
1.25 policy/v1beta1 PodSecurityPolicy → the labels of Pod Security Admission
1.26 autoscaling/v2beta2 HorizontalPodAutoscaler → autoscaling/v2
1.26 flowcontrol.apiserver.k8s.io/v1beta1 FlowSchema → flowcontrol.apiserver.k8s.io/v1
1.26 flowcontrol.apiserver.k8s.io/v1beta1 PriorityLevelConfiguration → flowcontrol.apiserver.k8s.io/v1
1.27 storage.k8s.io/v1beta1 CSIStorageCapacity → storage.k8s.io/v1
1.29 flowcontrol.apiserver.k8s.io/v1beta2 FlowSchema → flowcontrol.apiserver.k8s.io/v1
1.29 flowcontrol.apiserver.k8s.io/v1beta2 PriorityLevelConfiguration → flowcontrol.apiserver.k8s.io/v1
1.32 flowcontrol.apiserver.k8s.io/v1beta3 FlowSchema → flowcontrol.apiserver.k8s.io/v1
1.32 flowcontrol.apiserver.k8s.io/v1beta3 PriorityLevelConfiguration → flowcontrol.apiserver.k8s.io/v1
`

test_denies_what_is_gone if {
	every line in split(trim_space(_gone), "\n") {
		[what, instead] := split(line, " → ")
		[release, version, kind] := split(what, " ")
		found := api_version.deny with input as _of(version, kind)
		assert.same({[one.msg, one.fix] | some one in found}, {[
			sprintf("%s/cart: %s was removed in Kubernetes %s", [kind, version, release]),
			sprintf("use %s", [instead]),
		]})
	}
}

test_warns_of_what_is_deprecated if {
	assert.messages(api_version.warn, {
		"Endpoints/cart: is deprecated since Kubernetes 1.33",
	}) with input as _of("v1", "Endpoints")
}
