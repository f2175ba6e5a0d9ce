# METADATA
# title: Claims are mounted
# description: |
#   An unused PersistentVolumeClaim costs money and stores nothing. The data may be in another claim that a StatefulSet
#   creates, or nowhere. The rule applies only to namespaces whose pods are all rendered.
# custom:
#   id: storage.unused_claim
#   profile: general
#   subjects: PersistentVolumeClaim
#   severity: low
#   fix: "mount the claim with claimName in a pod, or remove it"
#   docs: https://kubernetes.io/docs/concepts/storage/persistent-volumes/#claims-as-volumes
package rules.storage.unused_claim

import data.lib.documents
import data.lib.finding
import data.lib.pods
import data.lib.values
import data.lib.volume_claims
import data.lib.workloads

warn contains found if {
	some claim in documents.of("", "PersistentVolumeClaim")
	workloads.level(claim.namespace) == "deny"
	not [claim.namespace, claim.name] in _mounted
	not volume_claims.is_of_a_set(claim.namespace, claim.name)
	found := finding.about(claim, {
		"msg": "is not mounted by any pod",
		"fix": "mount the claim with claimName in a pod, or remove it",
		"path": "",
	})
}

_mounted contains [pod.resource.namespace, volume.persistentVolumeClaim.claimName] if {
	some pod in pods.templates
	some volume in values.list(values.at(pod.spec, ["volumes"]))
}
