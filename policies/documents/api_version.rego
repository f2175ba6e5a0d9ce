# METADATA
# title: Nothing speaks an API that is gone
# description: |
#   The API server of every supported Kubernetes has dropped these versions, so that the object cannot be applied; of
#   the deprecated ones it warns.
# custom:
#   id: documents.api_version
#   profile: general
#   subjects: resources
#   severity: high
#   fix: "write the version that takes its place"
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

# https://kubernetes.io/docs/reference/using-api/deprecation-guide/
_removed := {
	"apps/v1beta1": {kind: {"instead": "apps/v1", "release": "1.16"} | some kind in _of_apps},
	"apps/v1beta2": {kind: {"instead": "apps/v1", "release": "1.16"} | some kind in _of_apps},
	"autoscaling/v2beta1": {"HorizontalPodAutoscaler": {"instead": "autoscaling/v2", "release": "1.25"}},
	"autoscaling/v2beta2": {"HorizontalPodAutoscaler": {"instead": "autoscaling/v2", "release": "1.26"}},
	"batch/v1beta1": {"CronJob": {"instead": "batch/v1", "release": "1.25"}},
	"discovery.k8s.io/v1beta1": {"EndpointSlice": {"instead": "discovery.k8s.io/v1", "release": "1.25"}},
	"extensions/v1beta1": object.union(
		{kind: {"instead": "apps/v1", "release": "1.16"} | some kind in _of_apps},
		{
			"Ingress": {"instead": "networking.k8s.io/v1", "release": "1.22"},
			"NetworkPolicy": {"instead": "networking.k8s.io/v1", "release": "1.16"},
		},
	),
	"networking.k8s.io/v1beta1": {
		"Ingress": {"instead": "networking.k8s.io/v1", "release": "1.22"},
		"IngressClass": {"instead": "networking.k8s.io/v1", "release": "1.22"},
	},
	"policy/v1beta1": {
		"PodDisruptionBudget": {"instead": "policy/v1", "release": "1.25"},
		"PodSecurityPolicy": {"instead": "the labels of Pod Security Admission", "release": "1.25"},
	},
	"rbac.authorization.k8s.io/v1beta1": {kind: {"instead": "rbac.authorization.k8s.io/v1", "release": "1.22"} |
		some kind in ["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"]
	},
	"scheduling.k8s.io/v1beta1": {"PriorityClass": {"instead": "scheduling.k8s.io/v1", "release": "1.22"}},
	"storage.k8s.io/v1beta1": {
		"CSIDriver": {"instead": "storage.k8s.io/v1", "release": "1.22"},
		"StorageClass": {"instead": "storage.k8s.io/v1", "release": "1.22"},
	},
}

_of_apps := ["DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"]
