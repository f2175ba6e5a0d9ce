# METADATA
# title: Secrets are not in Git as plain text
# description: |
#   base64 is not encryption: everyone who can read the repository, now or later, can read the value. Store
#   SealedSecrets or ExternalSecrets in Git, and refer to the Secret by its name.
# custom:
#   id: secrets.plain_secret
#   profile: general
#   subjects: Secret
#   severity: high
#   fix: "replace the Secret with a SealedSecret or ExternalSecret, and change the value, because it was exposed"
#   docs: https://kubernetes.io/docs/concepts/security/secrets-good-practices/
package rules.secrets.plain_secret

import data.lib.documents
import data.lib.finding

deny contains found if {
	some secret in documents.of("", "Secret")
	some field in ["data", "stringData"]
	not object.get(secret.content, field, {}) in {null, {}}
	found := finding.about(secret, {
		"msg": sprintf("contains values in %s", [field]),
		"fix": "use a SealedSecret or ExternalSecret, and change the value, because it was exposed",
		"path": sprintf("/%s", [field]),
	})
}
