# METADATA
# title: Secrets are not in Git as plain text
# description: |
#   base64 is not encryption: everyone who can read the repository, now or later, can read the value. Store
#   SealedSecrets or ExternalSecrets in Git, and refer to the Secret by its name. A value that SOPS has encrypted, a
#   configuration file in which nothing looks like a secret, and a public certificate, are not secrets.
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
import data.lib.literals
import data.lib.values

deny contains found if {
	some secret in documents.of("", "Secret")
	some field in ["data", "stringData"]
	some key, value in values.map(values.at(secret.content, [field]))
	not _is_public(field, key, value)
	found := finding.about(secret, {
		"msg": sprintf("contains values in %s", [field]),
		"fix": "use a SealedSecret or ExternalSecret, and change the value, because it was exposed",
		"path": sprintf("/%s", [field]),
	})
}

_is_public(_, _, null)

_is_public(_, _, value) if literals.is_encrypted(value)

# A file that SOPS has encrypted, as a generator of Kustomize takes it.
_is_public("data", _, value) if literals.is_encrypted(_text("data", value))

_is_public(field, key, value) if {
	not literals.is_secret(key)
	text := _text(field, value)
	_looks_public(key, text)
}

_text("stringData", value) := value if is_string(value)

_text("data", value) := base64.decode(value) if base64.is_valid(value)

_looks_public(_, "")

_looks_public(_, text) if {
	contains(text, "-----BEGIN CERTIFICATE-----")
	not contains(text, "PRIVATE KEY")
}

_looks_public(key, text) if {
	regex.match(`\.(cfg|conf|config|ini|json|properties|toml|xml|ya?ml)$`, key)
	count(literals.secrets_in(text)) == 0
	not literals.has_known_format(text)
}
