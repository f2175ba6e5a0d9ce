# METADATA
# title: Rate and connection limits match the table
# description: |
#   Without a limit, one client can use the capacity of all clients. The table `edge` sets the requests per second and
#   the connections per address for a namespace. An Ingress sets nginx.org/limit-req-rate. A Gateway has a
#   RateLimitPolicy, shared by all its replicas, and limit_conn in a SnippetsPolicy.
# custom:
#   id: edge.limits
#   profile: system
#   subjects: [networking.k8s.io/Ingress, gateway.networking.k8s.io/Gateway]
#   severity: medium
#   fix: "set the limits of the table in the Ingress, or in the RateLimitPolicy and SnippetsPolicy"
#   docs: https://docs.nginx.com/nginx-ingress-controller/
package rules.edge.limits

import data.lib.documents
import data.lib.finding
import data.lib.values

_fix := "set the limits of policies/data/edge.yaml in the Ingress, or in the RateLimitPolicy and SnippetsPolicy"

deny contains found if {
	some ingress in documents.of("networking.k8s.io", "Ingress")
	table := data.edge[ingress.namespace]
	annotations := values.map(values.at(ingress.content, ["metadata", "annotations"]))
	some key, wanted in {
		"nginx.org/limit-req-key": "${binary_remote_addr}",
		"nginx.org/limit-req-rate": sprintf("%dr/s", [table.requests]),
		"nginx.org/limit-req-reject-code": "429",
	}
	values.at(annotations, [key]) != wanted
	found := finding.about(ingress, {
		"msg": sprintf("does not have the annotation %s: %s", [key, wanted]),
		"fix": _fix,
		"path": sprintf("/metadata/annotations/%s", [replace(key, "/", "~1")]),
	})
}

deny contains found if {
	some gateway in documents.of("gateway.networking.k8s.io", "Gateway")
	table := data.edge[gateway.namespace]
	replicas := _replicas(gateway.namespace)
	rates := {total | some rate in _rates(gateway.namespace); total := rate * replicas}
	rates != {table.requests}
	found := finding.about(gateway, {
		"msg": sprintf("allows %v instead of %d requests per second", [sort(rates), table.requests]),
		"fix": _fix,
		"path": "/spec",
	})
}

deny contains found if {
	some gateway in documents.of("gateway.networking.k8s.io", "Gateway")
	table := data.edge[gateway.namespace]
	connections := _connections(gateway.namespace)
	connections != {table.connections}
	found := finding.about(gateway, {
		"msg": sprintf("allows %v instead of %d connections", [sort(connections), table.connections]),
		"fix": _fix,
		"path": "/spec",
	})
}

_rates(namespace) := {to_number(rate) |
	some policy in documents.of("gateway.nginx.org", "RateLimitPolicy")
	policy.namespace == namespace
	some rule in values.list(values.at(policy.content, ["spec", "rateLimit", "local", "rules"]))
	some [_, rate] in regex.find_all_string_submatch_n(`^([0-9]+)r/s$`, values.text(values.at(rule, ["rate"])), -1)
}

_connections(namespace) := {to_number(number) |
	some policy in documents.of("gateway.nginx.org", "SnippetsPolicy")
	policy.namespace == namespace
	some snippet in values.list(values.at(policy.content, ["spec", "snippets"]))
	text := values.text(values.at(snippet, ["value"]))
	some [_, number] in regex.find_all_string_submatch_n(`\blimit_conn [^\s;]+ ([0-9]+);`, text, -1)
}

# Each pod of the Gateway counts separately.
_replicas(namespace) := max({1} | {replicas |
	some proxy in documents.of("gateway.nginx.org", "NginxProxy")
	proxy.namespace == namespace
	replicas := values.at(proxy.content, ["spec", "kubernetes", "deployment", "replicas"])
	is_number(replicas)
})
