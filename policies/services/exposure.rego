# METADATA
# title: Services are not exposed directly
# description: |
#   With externalIPs, the author of a Service can take over any address (CVE-2020-8554), so they are denied. A NodePort
#   or LoadBalancer bypasses the Ingress or Gateway with its TLS and limits. For these, the rule warns, and denies in
#   namespaces for which the table `strict` lists `conventions`. The Service of the controller itself has to be open.
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
import data.lib.images
import data.lib.services
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
	not _is_entrance(service)
	found := finding.about(service, {
		"msg": sprintf("has type %s and bypasses the Ingress or Gateway", [type]),
		"fix": "use type ClusterIP and route through the Ingress or Gateway",
		"path": "/spec/type",
	})
}

# The Service selects the pods of an Ingress controller or a Gateway.
_is_entrance(resource) if {
	some service in services.selecting
	service.resource == resource
	some pod in service.pods
	some container in pod.spec.containers
	regex.match(_entrances, images.parse(container.image).repository)
}

# The programs that Ingress and Gateway controllers run.
_entrances := concat("", [
	`/(ingress-nginx/controller(-chroot)?|nginx-ingress(-controller)?|nginx-gateway|traefik|envoy|proxyv2|kong|`,
	`haproxy-ingress|kubernetes-ingress|apisix|emissary|gloo-envoy-wrapper|cilium-envoy|kgateway-envoy-wrapper|`,
	`pomerium|skipper|caddy-ingress|ingress)$`,
])
