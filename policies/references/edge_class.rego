# METADATA
# title: The classes of Ingresses and Gateways exist
# description: |
#   No controller serves an Ingress or Gateway of an unknown class. Classes usually come with the controller, so the
#   rule applies only if classes are rendered.
# custom:
#   id: references.edge_class
#   profile: general
#   general: warn
#   subjects: [networking.k8s.io/Ingress, gateway.networking.k8s.io/Gateway]
#   severity: medium
#   fix: "add the class, correct its name, or list it in the table `cluster` if the cluster has it"
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
		"msg": sprintf("has the %s %s, which is not rendered", [class, name]),
		"fix": sprintf("add %s %s, or correct the name", [class, name]),
		"path": sprintf("/spec/%s", [field]),
	})
}
