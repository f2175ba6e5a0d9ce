# METADATA
# title: Services are reached through the edge
# description: |
#   externalIPs take over any address for whoever may write a Service (CVE-2020-8554), and are denied. A NodePort or
#   LoadBalancer is a second way in, past the edge with its TLS and limits: warned of, and denied where the table
#   `strict` lists conventions.
# custom:
#   id: services.exposure
#   profile: general
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
		"msg": "takes over addresses by externalIPs",
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
		"msg": sprintf("of type %s is reached past the edge", [type]),
		"fix": "use type ClusterIP and route through the Ingress or Gateway",
		"path": "/spec/type",
	})
}
