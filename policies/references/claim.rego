# METADATA
# title: Claims that pods mount exist
# description: |
#   A pod waits for ever for a PersistentVolumeClaim that nobody makes. It may be the claim of a StatefulSet's pod.
#   Where the target keeps no claim in the namespace it may come from elsewhere, which is a warning.
# custom:
#   id: references.claim
#   profile: general
#   subjects: pods
#   severity: high
#   fix: "add the PersistentVolumeClaim, or mend claimName"
#   docs: https://kubernetes.io/docs/concepts/storage/persistent-volumes/
package rules.references.claim

import data.lib.finding
import data.lib.pods
import data.lib.references
import data.lib.values
import data.lib.volume_claims

deny contains found if some found in _missing.deny

warn contains found if some found in _missing.warn

_missing[level] contains found if {
	some pod in pods.templates
	some index, volume in values.list(values.at(pod.spec, ["volumes"]))
	name := volume.persistentVolumeClaim.claimName
	not volume_claims.is_of_a_set(pod.resource.namespace, name)
	level := references.level("/PersistentVolumeClaim", pod.resource.namespace, name)
	found := finding.about_pod(pod, {
		"msg": sprintf("the pod mounts PersistentVolumeClaim %s, which the target does not hold", [name]),
		"fix": sprintf("add PersistentVolumeClaim %s to namespace %s, or mend the name", [name, pod.resource.namespace]),
		"path": sprintf("/volumes/%d/persistentVolumeClaim/claimName", [index]),
	})
}
