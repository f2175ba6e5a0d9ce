# METADATA
# title: StatefulSets with claims set a retention policy
# description: |
#   The default decides whether data is kept when a StatefulSet is deleted or scaled down. That decision is too
#   important for a default.
# custom:
#   id: storage.retention
#   profile: general
#   subjects: apps/StatefulSet
#   severity: low
#   fix: "persistentVolumeClaimRetentionPolicy: {whenDeleted: Retain, whenScaled: Retain}"
#   docs: https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#persistentvolumeclaim-retention
package rules.storage.retention

import data.lib.finding
import data.lib.strictness
import data.lib.values
import data.lib.volume_claims

deny contains found if some found in strictness.denied("conventions", _unsaid)

warn contains found if some found in strictness.warned("conventions", _unsaid)

_unsaid contains found if {
	some claim in volume_claims.templates
	policy := values.map(values.at(claim.resource.content, ["spec", "persistentVolumeClaimRetentionPolicy"]))
	missing := [when | some when in ["whenDeleted", "whenScaled"]; values.text(values.at(policy, [when])) == ""]
	count(missing) > 0
	found := finding.about(claim.resource, {
		"msg": sprintf("does not set the retention policy of its claims: %s", [concat(", ", missing)]),
		"fix": "persistentVolumeClaimRetentionPolicy: {whenDeleted: Retain, whenScaled: Retain}",
		"path": "/spec/persistentVolumeClaimRetentionPolicy",
	})
}
