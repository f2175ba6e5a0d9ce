# METADATA
# title: The Secret of a certificate exists
# description: |
#   Without its Secret, a controller uses its default certificate, which no client trusts. The Secret must be rendered,
#   or created by a rendered resource. cert-manager creates it for an Ingress with an issuer annotation. If no Secret is
#   rendered in the namespace, it may come from elsewhere. Then the rule only warns.
# custom:
#   id: edge.tls_secret
#   profile: general
#   subjects: [gateway.networking.k8s.io/Gateway, networking.k8s.io/Ingress]
#   severity: high
#   fix: "add the source of the Secret or a Certificate, or correct the name"
#   docs: https://kubernetes.io/docs/concepts/services-networking/ingress/#tls
package rules.edge.tls_secret

import data.lib.documents
import data.lib.edge
import data.lib.finding
import data.lib.references
import data.lib.settings
import data.lib.values

deny contains found if some found in _missing.deny

warn contains found if some found in _missing.warn

_missing[level] contains found if {
	some use in array.concat(_of_ingresses, _of_gateways)
	not settings.exists("/Secret", use.namespace, use.name)
	level := settings.level("/Secret", use.namespace)
	place := references.namespace("to", use.namespace)
	found := finding.about(use.resource, {
		"msg": sprintf("uses the certificate in Secret %s, which is neither rendered nor created", [use.name]),
		"fix": sprintf("add a Certificate or another source of Secret %s%s", [use.name, place]),
		"path": use.path,
	})
}

_of_ingresses := [use |
	some ingress in edge.ingresses
	not _is_certified(ingress)
	some index, entry in values.list(values.at(ingress.content, ["spec", "tls"]))
	use := {
		"name": entry.secretName,
		"namespace": ingress.namespace,
		"path": sprintf("/spec/tls/%d/secretName", [index]),
		"resource": ingress,
	}
]

_of_gateways := [use |
	some gateway in documents.of("gateway.networking.k8s.io", "Gateway")
	not _is_certified(gateway)
	some index, listener in values.list(values.at(gateway.content, ["spec", "listeners"]))
	some position, reference in values.list(values.at(listener, ["tls", "certificateRefs"]))
	object.get(reference, "kind", "Secret") == "Secret"
	use := {
		"name": reference.name,
		"namespace": object.get(reference, "namespace", gateway.namespace),
		"path": sprintf("/spec/listeners/%d/tls/certificateRefs/%d/name", [index, position]),
		"resource": gateway,
	}
]

_is_certified(resource) if {
	some key, _ in values.map(values.at(resource.content, ["metadata", "annotations"]))
	key in {"cert-manager.io/cluster-issuer", "cert-manager.io/issuer", "kubernetes.io/tls-acme"}
}
