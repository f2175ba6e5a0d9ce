package rules.edge.tls_secret_test

import data.lib.examples_test as examples
import data.rules.edge.tls_secret

_ingress := examples.resource("networking.k8s.io/v1", "Ingress", "shop", {"spec": {"tls": [{"secretName": "tls"}]}})

_gateway := examples.resource("gateway.networking.k8s.io/v1", "Gateway", "edge", {"spec": {"listeners": [
	{"name": "http"},
	{"name": "https", "tls": {"certificateRefs": [{"name": "tls"}, {"kind": "Vault", "name": "else"}]}},
]}})

_certificate(name) := examples.resource("cert-manager.io/v1", "Certificate", "shop", {"spec": {"secretName": name}})

_absent := {
	"Gateway/edge: takes its certificate from Secret tls, which nothing in the target makes",
	"Ingress/shop: takes its certificate from Secret tls, which nothing in the target makes",
}

test_accepts_a_certificate if {
	target := examples.combined([_ingress, _gateway, _certificate("tls")])
	count(tls_secret.deny | tls_secret.warn) == 0 with input as target
}

test_accepts_an_issuers_annotation if {
	issued := {"metadata": {"annotations": {"cert-manager.io/cluster-issuer": "public"}}}
	target := examples.combined([
		object.union(_ingress, issued),
		object.union(_gateway, issued),
		_certificate("other"),
	])
	count(tls_secret.deny | tls_secret.warn) == 0 with input as target
}

test_denies_an_absent_secret if {
	target := examples.combined([_ingress, _gateway, _certificate("other")])
	examples.messages(tls_secret.deny) == _absent with input as target
}

test_warns_where_no_secret_is_made if {
	target := examples.combined([_ingress, _gateway])
	examples.messages(tls_secret.warn) == _absent with input as target
	count(tls_secret.deny) == 0 with input as target
}
