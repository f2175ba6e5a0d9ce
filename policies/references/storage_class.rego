# METADATA
# title: StorageClasses of claims exist
# description: |
#   A claim of an unknown StorageClass stays pending, and its pod with it. A target that makes StorageClasses makes
#   all that its claims name; one that makes none relies on the cluster's, which is a warning unless the table
#   `cluster` lists them. An empty name asks for a volume made by hand, none for the cluster's default.
# custom:
#   id: references.storage_class
#   profile: general
#   subjects: own
#   severity: high
#   fix: "add the StorageClass, mend storageClassName, or list it under provides in policies/data/cluster.yaml"
#   docs: https://kubernetes.io/docs/concepts/storage/storage-classes/
package rules.references.storage_class

import data.lib.finding
import data.lib.references
import data.lib.values
import data.lib.volume_claims

# Whatever asks for storage, by a claim of its own or a template.
subjects contains claim.resource if some claim in volume_claims.claims

deny contains found if some found in _missing.deny

warn contains found if some found in _missing.warn

_missing[level] contains found if {
	some claim in volume_claims.claims
	name := values.text(values.at(claim.content, ["spec", "storageClassName"]))
	name != ""
	level := references.level("storage.k8s.io/StorageClass", "", name)
	found := finding.about(claim.resource, {
		"msg": sprintf("claim %s asks for StorageClass %s, which the target does not hold", [claim.name, name]),
		"fix": sprintf("add StorageClass %s, or mend the name", [name]),
		"path": concat("", [claim.path, "/spec/storageClassName"]),
	})
}
