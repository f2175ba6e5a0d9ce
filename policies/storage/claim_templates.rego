# METADATA
# title: Claim templates have an apiVersion and kind
# description: |
#   The API server adds apiVersion and kind to each of volumeClaimTemplates. If Git does not contain them, Argo CD or
#   Flux may see a permanent difference in a field that cannot be changed.
# custom:
#   id: storage.claim_templates
#   profile: general
#   subjects: apps/StatefulSet
#   severity: low
#   fix: "set apiVersion: v1 and kind: PersistentVolumeClaim in each of volumeClaimTemplates"
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
	body := {"apiVersion": values.at(claim.content, ["apiVersion"]), "kind": values.at(claim.content, ["kind"])}
	body != {"apiVersion": "v1", "kind": "PersistentVolumeClaim"}
	found := finding.about(claim.resource, {
		"msg": sprintf("claim template %s does not set apiVersion: v1 and kind: PersistentVolumeClaim", [claim.name]),
		"fix": "{apiVersion: v1, kind: PersistentVolumeClaim, …}",
		"path": claim.path,
	})
}
