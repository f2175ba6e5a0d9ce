package rules.edge.tls_secret_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.edge.tls_secret

_ingress := examples.resource("networking.k8s.io/v1", "Ingress", "shop", {"spec": {"tls": [{"secretName": "tls"}]}})

_gateway := examples.resource("gateway.networking.k8s.io/v1", "Gateway", "edge", {"spec": {"listeners": [
	{"name": "http"},
	{"name": "https", "tls": {"certificateRefs": [{"name": "tls"}, {"kind": "Vault", "name": "else"}]}},
]}})

_certificate(name) := examples.resource("cert-manager.io/v1", "Certificate", "shop", {"spec": {"secretName": name}})

_absent := {
	"Gateway/edge: uses the certificate in Secret tls, which is neither rendered nor created",
	"Ingress/shop: uses the certificate in Secret tls, which is neither rendered nor created",
}

test_accepts_a_certificate if {
	target := examples.combined([_ingress, _gateway, _certificate("tls")])
	assert.none(tls_secret.deny | tls_secret.warn) with input as target
}

test_accepts_an_issuers_annotation if {
	every key in ["cert-manager.io/cluster-issuer", "cert-manager.io/issuer", "kubernetes.io/tls-acme"] {
		assert.none(tls_secret.deny | tls_secret.warn) with input as _annotated(key)
	}
}

test_denies_in_spite_of_another_annotation if {
	assert.messages(tls_secret.deny, _absent) with input as _annotated("example.com/issuer")
}

_annotated(key) := examples.combined([
	object.union(_ingress, {"metadata": {"annotations": {key: "public"}}}),
	object.union(_gateway, {"metadata": {"annotations": {key: "public"}}}),
	_certificate("other"),
])

test_looks_where_the_gateway_says if {
	reference := {"name": "tls", "namespace": "certificates"}
	listeners := [{"name": "https", "tls": {"certificateRefs": [reference]}}]
	gateway := object.union(_gateway, {"spec": {"listeners": listeners}})
	there := object.union(_certificate("tls"), {"metadata": {"namespace": "certificates"}})
	assert.none(tls_secret.deny | tls_secret.warn) with input as examples.combined([gateway, there])
	assert.messages(tls_secret.warn, {
		"Gateway/edge: uses the certificate in Secret tls, which is neither rendered nor created",
	}) with input as examples.combined([gateway, _certificate("tls")])
}

test_denies_an_absent_secret if {
	target := examples.combined([_ingress, _gateway, _certificate("other")])
	assert.messages(tls_secret.deny, _absent) with input as target
}

test_warns_where_no_secret_is_made if {
	target := examples.combined([_ingress, _gateway])
	assert.messages(tls_secret.warn, _absent) with input as target
	assert.none(tls_secret.deny) with input as target
}
