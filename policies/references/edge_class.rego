# METADATA
# title: Classes of Ingresses and Gateways are among those the target makes
# description: |
#   An Ingress or Gateway of an unknown class is served by no controller. Classes commonly come with the controller,
#   so this is judged only where the target makes classes itself.
# custom:
#   id: references.edge_class
#   profile: general
#   subjects: [networking.k8s.io/Ingress, gateway.networking.k8s.io/Gateway]
#   severity: medium
#   fix: "add the class, mend its name, or list it under provides in policies/data/cluster.yaml"
#   docs: https://kubernetes.io/docs/concepts/services-networking/ingress/#ingress-class
package rules.references.edge_class

import data.lib.documents
import data.lib.finding
import data.lib.references
import data.lib.values

deny contains found if {
	some group, [kind, field, class] in {
		"gateway.networking.k8s.io": ["Gateway", "gatewayClassName", "GatewayClass"],
		"networking.k8s.io": ["Ingress", "ingressClassName", "IngressClass"],
	}
	some resource in documents.of(group, kind)
	name := values.text(values.at(resource.content, ["spec", field]))
	name != ""
	references.level(concat("/", [group, class]), "", name) == "deny"
	found := finding.about(resource, {
		"msg": sprintf("is of %s %s, which the target does not make", [class, name]),
		"fix": sprintf("add %s %s, or mend the name", [class, name]),
		"path": sprintf("/spec/%s", [field]),
	})
}
