# METADATA
# title: No live environment runs on demonstration secrets
# description: |
#   The sealed values shipped with this repository are for looking around: their key is lost and whoever made them may
#   have seen them. That is worth a warning anywhere, and denied where promote.yaml says that the environment is live.
# custom:
#   id: secrets.demo_sealed
#   profile: system
#   subjects: bitnami.com/SealedSecret
#   severity: high
#   fix: "seal your own values with kubeseal, which also drops the mark"
#   docs: https://github.com/bitnami-labs/sealed-secrets#usage
package rules.secrets.demo_sealed

import data.lib.documents
import data.lib.finding
import data.lib.values

deny contains found if {
	_live
	some secret in _demonstrations
	found := finding.about(secret, {
		"msg": "is still the demonstration's, in a live environment",
		"fix": _fix,
		"path": "/metadata/annotations",
	})
}

# One warning for all of them, or nobody would read the others.
warn contains found if {
	not _live
	namespace := _demonstrations[0].namespace
	names := sort({secret.name | some secret in _demonstrations})
	found := finding.about_namespace(namespace, {
		"msg": sprintf("SealedSecrets with demonstration values (%d): %s", [count(names), concat(", ", names)]),
		"fix": _fix,
		"path": "",
	})
}

# What promote says of the target; without it nothing is known to be live.
default _live := false

_live if data.target.live == true

_demonstrations := [secret |
	some secret in documents.of("bitnami.com", "SealedSecret")
	values.at(secret.content, ["metadata", "annotations", data.demo.annotation]) == "true"
]

_fix := "seal your own values with kubeseal, which also drops the mark"
