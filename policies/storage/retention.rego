# METADATA
# title: A StatefulSet with claims says what becomes of them
# description: |
#   Whether data outlives its StatefulSet, or a replica that is scaled away, is too much to leave to a default that
#   nobody reads.
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
		"msg": sprintf("does not say what becomes of its claims: %s", [concat(", ", missing)]),
		"fix": "persistentVolumeClaimRetentionPolicy: {whenDeleted: Retain, whenScaled: Retain}",
		"path": "/spec/persistentVolumeClaimRetentionPolicy",
	})
}
