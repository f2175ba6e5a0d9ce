# METADATA
# title: Namespaces deny all traffic by default
# description: |
#   A pod without a NetworkPolicy can communicate with everything. Every namespace in which something runs needs a
#   policy for ingress and for egress that selects all pods and allows nothing. Other policies then add exceptions.
#   The rule leaves out the namespaces of Kubernetes itself: a policy there can cut off DNS and the API server.
# custom:
#   id: network.default_deny
#   profile: general
#   general: warn
#   subjects: namespaces
#   severity: high
#   fix: "add a NetworkPolicy with podSelector: {} and policyTypes: [Ingress, Egress] to the namespace"
#   docs: https://kubernetes.io/docs/concepts/services-networking/network-policies/#default-policies
package rules.network.default_deny

import data.lib.finding
import data.lib.network
import data.lib.pods

deny contains found if {
	some namespace in (pods.namespaces - pods.system_namespaces)
	open := sort([direction | some direction, _ in network.directions; not _denied(namespace, direction)])
	count(open) > 0
	found := finding.about_namespace(namespace, {
		"msg": sprintf("no NetworkPolicy denies all %s by default", [lower(concat(" and ", open))]),
		"fix": sprintf("add a NetworkPolicy with podSelector: {}, policyTypes: [%s] and no rules", [concat(", ", open)]),
		"path": "",
	})
}

_denied(namespace, direction) if {
	some policy in network.policies_in(namespace)
	network.selects_all(policy)
	network.isolates(policy, direction)
	count(network.rules(policy, direction)) == 0
}
