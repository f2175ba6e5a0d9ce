# METADATA
# title: Network policies allow exactly the declared flows
# description: |
#   The table `flows` lists which pods may open connections to which others, and why. The policies of both ends must
#   allow exactly these flows. With an extra peer, an attacker in one pod can reach another pod. With a missing peer, a
#   service fails. Undeclared pods and addresses count too, so that only its users can reach a data store.
# custom:
#   id: network.flows
#   profile: system
#   subjects: [networking.k8s.io/NetworkPolicy, pods]
#   severity: high
#   fix: "declare the flow in policies/data/flows.yaml and allow it at both ends, or remove it from both"
#   docs: https://kubernetes.io/docs/concepts/services-networking/network-policies/
package rules.network.flows

import data.lib.finding
import data.lib.network
import data.lib.parties
import data.lib.pods
import data.lib.reachability

# The maximum number of flows in a finding.
_most := 3

deny contains found if {
	some opening in reachability.openings
	flows := opening.flows - reachability.declared
	count(flows) > 0
	found := finding.about(opening.policy, {
		"msg": sprintf("allows %s, which the table `flows` does not declare", [_listed(flows)]),
		"fix": "remove this peer or narrow its ports; if the flow is intended, declare it in policies/data/flows.yaml",
		"path": opening.path,
	})
}

deny contains found if {
	some opening in reachability.openings
	count(opening.flows) == 0
	count(parties.subjects(opening.policy)) > 0
	found := finding.about(opening.policy, {
		"msg": "a peer has no effect: it matches nothing that is rendered or in the table `flows`, or nothing with this port",
		"fix": "correct the peer or the port, or add the peer to `others` in policies/data/flows.yaml",
		"path": opening.path,
	})
}

deny contains found if {
	some policy in network.policies
	policy.namespace in pods.namespaces
	count(parties.subjects(policy)) == 0
	found := finding.about(policy, {
		"msg": "selects nothing that is rendered or in the table `flows`",
		"fix": "correct its labels, or add the pods to `others` in policies/data/flows.yaml",
		"path": "/spec/podSelector",
	})
}

deny contains found if {
	missing := reachability.declared - reachability.allowed.Egress
	some [from, to] in {[flow[0], flow[1]] | some flow in missing}
	_is_held(from, "Egress")
	keepers := object.get(_keepers, ["Egress", from], [])
	found := _missing(parties.all_parties[from], keepers, {
		"path": "/spec/egress",
		"msg": sprintf("reach %s on %s, as the table `flows` declares", [
			parties.all_parties[to].title,
			_ports(missing, from, to),
		]),
		"fix": "allow it with egress, or remove the flow from policies/data/flows.yaml",
	})
}

deny contains found if {
	missing := reachability.declared - reachability.allowed.Ingress
	some [from, to] in {[flow[0], flow[1]] | some flow in missing}
	_is_held(to, "Ingress")
	keepers := object.get(_keepers, ["Ingress", to], [])
	found := _missing(parties.all_parties[to], keepers, {
		"path": "/spec/ingress",
		"msg": sprintf("be reached by %s on %s, as the table `flows` declares", [
			parties.all_parties[from].title,
			_ports(missing, from, to),
		]),
		"fix": "allow it with ingress, or remove the flow from policies/data/flows.yaml",
	})
}

deny contains found if {
	some direction, ends in reachability.isolated
	some end in (parties.own - ends)
	found := finding.about(parties.all_parties[end].resource, {
		"msg": sprintf("no NetworkPolicy selects it for %s, so all peers are allowed", [lower(direction)]),
		"fix": "add a NetworkPolicy with podSelector: {} and policyTypes: [Ingress, Egress] to the namespace",
		"path": "",
	})
}

# The ends that the finding is about. Policies of other namespaces are unknown, and undeclared pods need no flows.
_is_held(id, direction) if {
	id in reachability.isolated[direction]
	not parties.all_parties[id].stranger
}

# The finding is about the policy that should contain the peer: the most specific policy for this end, if there is one.
_missing(party, [keeper], body) := finding.about(keeper, object.union(body, {"msg": msg})) if {
	msg := sprintf("does not let %s %s", [party.title, body.msg])
}

_missing(party, [], body) := finding.about(party.resource, object.union(body, {"msg": msg, "path": ""})) if {
	msg := sprintf("no NetworkPolicy lets it %s", [body.msg])
}

_missing(party, [], body) := finding.about_namespace(party.namespace, object.union(body, {"msg": msg, "path": ""})) if {
	not party.resource
	msg := sprintf("no NetworkPolicy lets %s %s", [party.title, body.msg])
}

# Of all policies with rules for this direction, the one that selects the fewest pods.
_keepers[direction][id] := [network.policies[place]] if {
	some direction, _ in network.directions
	some id in parties.own
	[_, _, place] := min({[count(subjects), policy.name, index] |
		some index, policy in network.policies
		count(network.rules(policy, direction)) > 0
		subjects := parties.subjects(policy)
		id in subjects
	})
}

_listed(flows) := concat("; ", array.concat(listed, _more(count(pairs) - _most))) if {
	pairs := sort({pair |
		some [from, to, _, _] in flows
		pair := [parties.all_parties[from].title, parties.all_parties[to].title, from, to]
	})
	listed := [pair |
		some [caller, callee, from, to] in array.slice(pairs, 0, _most)
		pair := sprintf("%s → %s on %s", [caller, callee, _ports(flows, from, to)])
	]
}

_more(number) := [sprintf("and %d more", [number])] if {
	number > 0
} else := []

# The ports between two parties, as text.
_ports(flows, from, to) := reachability.ports_of({flow |
	some flow in flows
	flow[0] == from
	flow[1] == to
})
