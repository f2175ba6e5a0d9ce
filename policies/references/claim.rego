# METADATA
# title: The claims of pods exist
# description: |
#   A pod with a missing PersistentVolumeClaim waits forever. Claims of StatefulSets count too. If no claim is rendered
#   in the namespace, it may exist elsewhere. Then the rule only warns.
# custom:
#   id: references.claim
#   profile: general
#   subjects: pods
#   severity: high
#   fix: "add the PersistentVolumeClaim, or correct claimName"
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
	place := references.namespace("to", pod.resource.namespace)
	found := finding.about_pod(pod, {
		"msg": sprintf("the pod mounts PersistentVolumeClaim %s, which is not rendered", [name]),
		"fix": sprintf("add PersistentVolumeClaim %s%s, or correct the name", [name, place]),
		"path": sprintf("/volumes/%d/persistentVolumeClaim/claimName", [index]),
	})
}
