# METADATA
# title: Network rules list their ports
# description: |
#   A rule without ports opens all ports, including ports that a pod adds later, such as a debugger or an admin page
#   without a password.
# custom:
#   id: network.ports
#   profile: strict
#   subjects: networking.k8s.io/NetworkPolicy
#   severity: low
#   fix: "list the ports in ports:, by number or by the name in the container"
#   docs: https://kubernetes.io/docs/concepts/services-networking/network-policies/
package rules.network.ports

import data.lib.finding
import data.lib.network
import data.lib.values

warn contains found if {
	some rule in network.all_rules
	count(rule.ports) == 0
	found := _found(rule, "every port", rule.path)
}

warn contains found if {
	some rule in network.all_rules
	some index, port in rule.ports
	is_null(values.at(port, ["port"]))
	opened := sprintf("every %s port", [object.get(values.map(port), "protocol", "TCP")])
	found := _found(rule, opened, sprintf("%s/ports/%d", [rule.path, index]))
}

_found(rule, opened, path) := finding.about(rule.policy, {
	"msg": sprintf("an %s rule opens %s", [rule.title, opened]),
	"fix": "list the ports in ports:, by number or by the name in the container",
	"path": path,
})
