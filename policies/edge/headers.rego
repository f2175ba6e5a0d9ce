# METADATA
# title: HTTP responses have the headers of the table
# description: |
#   Security headers stop browsers from framing the site, guessing content types and running foreign scripts. The table
#   `edge` lists the headers and values per namespace. An Ingress sets them with nginx.org/add-header, an HTTPRoute with
#   ResponseHeaderModifier.
# custom:
#   id: edge.headers
#   profile: system
#   subjects: [networking.k8s.io/Ingress, gateway.networking.k8s.io/HTTPRoute]
#   severity: high
#   fix: "set the headers of the table in the Ingress or HTTPRoute"
#   docs: https://owasp.org/www-project-secure-headers/
package rules.edge.headers

import data.lib.documents
import data.lib.finding
import data.lib.values

deny contains found if {
	some edge in _edges
	some name, wanted in data.edge[edge.resource.namespace].headers
	object.get(edge.headers, lower(name), "") != wanted
	found := _about(edge, sprintf("does not set the response header %s: %s", [name, wanted]))
}

deny contains found if {
	some edge in _edges
	some word in data.edge[edge.resource.namespace].policy.never
	contains(object.get(edge.headers, "content-security-policy", ""), word)
	found := _about(edge, sprintf("allows %s in its Content-Security-Policy", [word]))
}

deny contains found if {
	some edge in _edges
	some word in data.edge[edge.resource.namespace].policy.always
	not contains(object.get(edge.headers, "content-security-policy", ""), word)
	found := _about(edge, sprintf("does not have %s in its Content-Security-Policy", [word]))
}

_about(edge, msg) := finding.about(edge.resource, {
	"msg": msg,
	"fix": "set the headers of policies/data/edge.yaml in the Ingress or HTTPRoute",
	"path": edge.path,
})

_edges := array.concat(_ingresses, _routes)

_ingresses := [{"headers": headers, "path": "/metadata/annotations/nginx.org~1add-header", "resource": resource} |
	some resource in documents.of("networking.k8s.io", "Ingress")
	text := values.text(values.at(resource.content, ["metadata", "annotations", "nginx.org/add-header"]))
	headers := {lower(trim_space(name)): trim_space(value) |
		some entry in split(text, ",")
		[name, value] := array.slice(split(entry, ":"), 0, 2)
	}
]

# The rules of routes that lead to a backend.
_routes := [{"headers": headers, "path": sprintf("/spec/rules/%d/filters", [index]), "resource": resource} |
	some resource in documents.of("gateway.networking.k8s.io", "HTTPRoute")
	some index, rule in values.list(values.at(resource.content, ["spec", "rules"]))
	count(values.list(values.at(rule, ["backendRefs"]))) > 0
	headers := {lower(header.name): header.value |
		some filter in values.list(values.at(rule, ["filters"]))
		some verb in ["add", "set"]
		some header in values.list(values.at(filter, ["responseHeaderModifier", verb]))
	}
]
