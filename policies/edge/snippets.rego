# METADATA
# title: Only listed snippets are used
# description: |
#   No schema checks snippets. A person who can write a snippet can read all certificates and requests of the controller
#   (CVE-2021-25742). The table `snippets` lists the allowed snippets with the reason.
# custom:
#   id: edge.snippets
#   profile: general
#   general: warn
#   subjects:
#     - networking.k8s.io/Ingress
#     - gateway.nginx.org/SnippetsFilter
#     - gateway.nginx.org/SnippetsPolicy
#     - k8s.nginx.org/TransportServer
#     - k8s.nginx.org/VirtualServer
#     - k8s.nginx.org/VirtualServerRoute
#   severity: high
#   fix: "use a field or an annotation; if there is none, waive the finding or list it in the table `snippets`"
#   docs: https://github.com/kubernetes/kubernetes/issues/126811
package rules.edge.snippets

import data.lib.documents
import data.lib.finding
import data.lib.values

_fix := "use a field or an annotation; if there is none, waive the finding or list it in the table `snippets`"

deny contains found if {
	some ingress in documents.of("networking.k8s.io", "Ingress")
	not data.snippets[ingress.namespace][ingress.name]
	some key, _ in values.map(values.at(ingress.content, ["metadata", "annotations"]))
	regex.match(`/[a-z-]*snippets?$`, key)
	found := finding.about(ingress, {
		"msg": sprintf("has the annotation %s", [key]),
		"fix": _fix,
		"path": "/metadata/annotations",
	})
}

deny contains found if {
	some kind in ["SnippetsFilter", "SnippetsPolicy"]
	some policy in documents.of("gateway.nginx.org", kind)
	not data.snippets[policy.namespace][policy.name]
	found := finding.about(policy, {"msg": "is not in the table `snippets`", "fix": _fix, "path": "/spec"})
}

deny contains found if {
	some kind in ["TransportServer", "VirtualServer", "VirtualServerRoute"]
	some server in documents.of("k8s.nginx.org", kind)
	not data.snippets[server.namespace][server.name]
	walk(server.content.spec, [path, text])
	is_string(text)
	endswith(lower(path[count(path) - 1]), "snippets")
	pointer := concat("/", array.concat(["/spec"], [sprintf("%v", [part]) | some part in path]))
	found := finding.about(server, {
		"msg": sprintf("has the field %s", [path[count(path) - 1]]),
		"fix": _fix,
		"path": pointer,
	})
}
