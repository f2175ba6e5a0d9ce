# METADATA
# title: The StorageClasses of claims exist
# description: |
#   A claim with an unknown StorageClass stays pending, and so does its pod. If StorageClasses are rendered, the class
#   of each claim must be among them. If none is rendered, the cluster may have the class. Then the rule warns, unless
#   the table `cluster` lists it. An empty name means a volume that is created manually. No name means the default class
#   of the cluster.
# custom:
#   id: references.storage_class
#   profile: general
#   general: warn
#   subjects: own
#   severity: high
#   fix: "add the StorageClass, correct storageClassName, or list it in the table `cluster` if the cluster has it"
#   docs: https://kubernetes.io/docs/concepts/storage/storage-classes/
package rules.references.storage_class

import data.lib.finding
import data.lib.references
import data.lib.values
import data.lib.volume_claims

# PersistentVolumeClaims and claim templates.
subjects contains claim.resource if some claim in volume_claims.claims

deny contains found if some found in _missing.deny

warn contains found if some found in _missing.warn

_missing[level] contains found if {
	some claim in volume_claims.claims
	name := values.text(values.at(claim.content, ["spec", "storageClassName"]))
	name != ""
	level := references.level("storage.k8s.io/StorageClass", "", name)
	found := finding.about(claim.resource, {
		"msg": sprintf("claim %s has StorageClass %s, which is not rendered", [claim.name, name]),
		"fix": sprintf("add StorageClass %s, or correct the name", [name]),
		"path": concat("", [claim.path, "/spec/storageClassName"]),
	})
}
