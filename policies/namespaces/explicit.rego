# METADATA
# title: Resources have an explicit namespace
# description: |
#   Without a namespace, a resource goes to the current namespace of the caller. The namespace `default` has no owner
#   and no policies, so nothing should use it.
# custom:
#   id: namespaces.explicit
#   profile: strict
#   subjects: resources
#   severity: medium
#   fix: "set namespace: in the kustomization of the overlay"
#   docs: https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/
package rules.namespaces.explicit

import data.lib.documents
import data.lib.finding

deny contains found if {
	some resource in documents.resources
	resource.namespace == "default"
	found := finding.about(resource, {
		"msg": "uses the namespace default",
		"fix": "set namespace: in the kustomization of the overlay",
		"path": "/metadata/namespace",
	})
}

warn contains found if {
	some resource in documents.resources
	resource.namespace == ""
	resource.type in _namespaced
	found := finding.about(resource, {
		"msg": "has no namespace",
		"fix": "set namespace: in the kustomization of the overlay",
		"path": "/metadata/namespace",
	})
}

# Only kinds that are certainly namespaced. Others may be cluster-scoped.
_namespaced := {
	"/ConfigMap",
	"/PersistentVolumeClaim",
	"/Pod",
	"/Secret",
	"/Service",
	"/ServiceAccount",
	"apps/DaemonSet",
	"apps/Deployment",
	"apps/StatefulSet",
	"autoscaling/HorizontalPodAutoscaler",
	"batch/CronJob",
	"batch/Job",
	"networking.k8s.io/Ingress",
	"networking.k8s.io/NetworkPolicy",
	"policy/PodDisruptionBudget",
	"rbac.authorization.k8s.io/Role",
	"rbac.authorization.k8s.io/RoleBinding",
}
