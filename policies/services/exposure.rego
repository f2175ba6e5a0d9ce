# METADATA
# title: Services are not exposed directly
# description: |
#   With externalIPs, the author of a Service can take over any address (CVE-2020-8554), so they are denied. A NodePort
#   or LoadBalancer bypasses the Ingress or Gateway with its TLS and limits. For these, the rule warns, and denies in
#   namespaces for which the table `strict` lists `conventions`.
# custom:
#   id: services.exposure
#   profile: general
#   general: warn
#   subjects: Service
#   severity: high
#   fix: "use type ClusterIP and route through the Ingress or Gateway"
#   docs: https://kubernetes.io/docs/concepts/services-networking/service/#publishing-services-service-types
package rules.services.exposure

import data.lib.documents
import data.lib.finding
import data.lib.strictness
import data.lib.values

deny contains found if {
	some service in documents.of("", "Service")
	count(values.list(values.at(service.content, ["spec", "externalIPs"]))) > 0
	found := finding.about(service, {
		"msg": "takes over addresses with externalIPs",
		"fix": "remove externalIPs and route through the Ingress or Gateway",
		"path": "/spec/externalIPs",
	})
}

deny contains found if some found in strictness.denied("conventions", _open)

warn contains found if some found in strictness.warned("conventions", _open)

_open contains found if {
	some service in documents.of("", "Service")
	type := values.at(service.content, ["spec", "type"])
	type in {"LoadBalancer", "NodePort"}
	found := finding.about(service, {
		"msg": sprintf("has type %s and bypasses the Ingress or Gateway", [type]),
		"fix": "use type ClusterIP and route through the Ingress or Gateway",
		"path": "/spec/type",
	})
}
