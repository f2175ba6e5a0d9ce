# METADATA
# title: Clients of data stores with TLS trust the certificates
# description: |
#   A component changes only what is added before it. A workload that is added later still speaks plain text, or trusts
#   nobody, and its pods get no connection. In a namespace with the Issuer of the table `internal_tls`, each pod that
#   reads one of the passwords there reads the Secret of this Issuer, or of a certificate that it signs.
# custom:
#   id: network.internal_tls
#   profile: system
#   subjects: pods
#   severity: high
#   fix: "list the component that switches TLS on after those that add workloads"
#   docs: https://kubectl.docs.kubernetes.io/guides/config_management/components/
package rules.network.internal_tls

import data.lib.documents
import data.lib.finding
import data.lib.pods
import data.lib.settings
import data.lib.values

deny contains found if {
	some pod in pods.templates
	namespace := pod.resource.namespace
	namespace in _secured
	read := {name | some [identity, name] in _read; identity == _identity(pod.resource)}
	passwords := read & {name | some name in data.internal_tls.passwords}
	count(passwords) > 0
	roots := {name | some [home, name] in _roots; home == namespace}
	count(read & roots) == 0
	found := finding.about_pod(pod, {
		"msg": sprintf("reads Secret %s, but none with the root of the certificates of the data stores: %s", [
			concat(", ", sort(passwords)),
			concat(", ", sort(roots)),
		]),
		"fix": "list the component that switches TLS on after those that add workloads",
		"path": "",
	})
}

_secured contains issuer.namespace if some issuer in _issuers

_roots contains [issuer.namespace, name] if {
	some issuer in _issuers
	name := values.text(values.at(issuer.content, ["spec", "ca", "secretName"]))
}

_roots contains [certificate.namespace, name] if {
	some certificate in documents.of("cert-manager.io", "Certificate")
	values.at(certificate.content, ["spec", "issuerRef", "name"]) == data.internal_tls.issuer
	name := values.text(values.at(certificate.content, ["spec", "secretName"]))
}

_issuers := [issuer |
	some issuer in documents.of("cert-manager.io", "Issuer")
	issuer.name == data.internal_tls.issuer
]

# The Secrets that each workload reads.
_read contains [_identity(_resource(use.holder)), use.name] if {
	some use in settings.uses
	use.type == "/Secret"
}

_resource(holder) := holder.pod.resource if holder.content

_resource(holder) := holder.resource if holder.spec

_identity(resource) := [resource.type, resource.namespace, resource.name]
