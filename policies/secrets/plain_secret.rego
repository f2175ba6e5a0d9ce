# METADATA
# title: No Secret lies in Git in plain text
# description: |
#   base64 is not encryption: whoever can read the repository, now or ever after, can read the value. Git holds
#   SealedSecrets or ExternalSecrets; workloads refer to the Secret by its name.
# custom:
#   id: secrets.plain_secret
#   profile: general
#   subjects: Secret
#   severity: high
#   fix: "replace the Secret by a SealedSecret or ExternalSecret, and change the value: it is known now"
#   docs: https://kubernetes.io/docs/concepts/security/secrets-good-practices/
package rules.secrets.plain_secret

import data.lib.documents
import data.lib.finding

deny contains found if {
	some secret in documents.of("", "Secret")
	some field in ["data", "stringData"]
	not object.get(secret.content, field, {}) in {null, {}}
	found := finding.about(secret, {
		"msg": sprintf("carries values in %s", [field]),
		"fix": "use a SealedSecret or ExternalSecret, and change the value: it is known now",
		"path": sprintf("/%s", [field]),
	})
}
