# METADATA
# title: Live environments do not use demonstration secrets
# description: |
#   The SealedSecrets in the repository are for demonstration. Their key is lost, and their author may know the values.
#   The rule warns, and denies where promote.yaml marks the environment as live.
# custom:
#   id: secrets.demo_sealed
#   profile: system
#   subjects: bitnami.com/SealedSecret
#   severity: high
#   fix: "seal your own values with kubeseal, which also removes the annotation"
#   docs: https://github.com/bitnami-labs/sealed-secrets#usage
package rules.secrets.demo_sealed

import data.lib.documents
import data.lib.finding
import data.lib.values

deny contains found if {
	_live
	some secret in _demonstrations
	found := finding.about(secret, {
		"msg": "has demonstration values in a live environment",
		"fix": _fix,
		"path": "/metadata/annotations",
	})
}

# One warning for all of them, because many would hide other warnings.
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

# promote sets this value. Without promote, no environment counts as live.
default _live := false

_live if data.target.live == true

_demonstrations := [secret |
	some secret in documents.of("bitnami.com", "SealedSecret")
	values.at(secret.content, ["metadata", "annotations", data.demo.annotation]) == "true"
]

_fix := "seal your own values with kubeseal, which also removes the annotation"
