# METADATA
# title: The edge answers with the headers of the table
# description: |
#   They keep browsers from framing the site, from guessing types and from running what it does not serve. The table
#   `edge` lists them, for a namespace, with their values; an Ingress sets them by nginx.org/add-header, an HTTPRoute
#   by ResponseHeaderModifier.
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
	found := _about(edge, sprintf("does not answer with %s: %s", [name, wanted]))
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
	found := _about(edge, sprintf("lacks %s in its Content-Security-Policy", [word]))
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

# Each rule of a route that leads to a backend.
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
