# METADATA
# title: Claim templates say what they are
# description: |
#   The API server writes apiVersion and kind into each of volumeClaimTemplates. Where Git leaves them out, a sync
#   engine that compares the two sees a difference for ever, in a field that nobody may change.
# custom:
#   id: storage.claim_templates
#   profile: general
#   subjects: apps/StatefulSet
#   severity: low
#   fix: "write apiVersion: v1 and kind: PersistentVolumeClaim in each of volumeClaimTemplates"
#   docs: https://argo-cd.readthedocs.io/en/stable/user-guide/diffing/
package rules.storage.claim_templates

import data.lib.finding
import data.lib.strictness
import data.lib.values
import data.lib.volume_claims

deny contains found if some found in strictness.denied("conventions", _unsaid)

warn contains found if some found in strictness.warned("conventions", _unsaid)

_unsaid contains found if {
	some claim in volume_claims.templates
	said := {"apiVersion": values.at(claim.content, ["apiVersion"]), "kind": values.at(claim.content, ["kind"])}
	said != {"apiVersion": "v1", "kind": "PersistentVolumeClaim"}
	found := finding.about(claim.resource, {
		"msg": sprintf("claim template %s does not say what it is", [claim.name]),
		"fix": "{apiVersion: v1, kind: PersistentVolumeClaim, …}",
		"path": claim.path,
	})
}
