# METADATA
# title: Resources say where they belong
# description: |
#   Without a namespace a resource goes wherever the caller happens to be. The namespace `default` has no owner and no
#   policies, so nothing belongs there.
# custom:
#   id: namespaces.explicit
#   profile: general
#   subjects: resources
#   severity: medium
#   fix: "set namespace: in the overlay's kustomization"
#   docs: https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/
package rules.namespaces.explicit

import data.lib.documents
import data.lib.finding

deny contains found if {
	some resource in documents.resources
	resource.namespace == "default"
	found := finding.about(resource, {
		"msg": "belongs to the namespace default",
		"fix": "set namespace: in the overlay's kustomization",
		"path": "/metadata/namespace",
	})
}

warn contains found if {
	some resource in documents.resources
	resource.namespace == ""
	resource.type in _namespaced
	found := finding.about(resource, {
		"msg": "names no namespace",
		"fix": "set namespace: in the overlay's kustomization",
		"path": "/metadata/namespace",
	})
}

# Kinds that certainly live in a namespace; others may be the cluster's.
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
