package rules.network.flows_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.network.flows

_pods(name) := {"podSelector": {"matchLabels": {"app": name}}}

_deny := examples.network_policy("deny", {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]})

_web(rule) := examples.network_policy("web", object.union(_pods("web"), {"policyTypes": ["Egress"], "egress": [rule]}))

_db(rule) := examples.network_policy("db", object.union(_pods("db"), {"policyTypes": ["Ingress"], "ingress": [rule]}))

_to_db := {"to": [_pods("db")], "ports": [{"port": 3306}]}

_from_web := {"from": [_pods("web")], "ports": [{"port": 3306}]}

_target(policies) := examples.combined(array.concat([examples.caller("db", []), examples.caller("web", [])], policies))

_table := {
	"others": {"visitor": {"pods": {"visitor": "true"}, "with": "/Secret"}},
	"allowed": [
		{"from": "web", "to": "db", "ports": [3306]},
		{"from": "visitor", "to": "db", "ports": [3306]},
	],
}

test_accepts_what_is_declared_and_allowed_at_both_ends if {
	assert.none(flows.deny) with input as _target([_deny, _web(_to_db), _db(_from_web)]) with data.flows as _table
}

test_denies_a_peer_too_many if {
	both := {"from": [_pods("web"), _pods("db")], "ports": [{"port": 3306}]}
	assert.messages(flows.deny, {
		"NetworkPolicy/db: allows db → db on 3306/TCP, which the table `flows` does not declare",
	}) with input as _target([_deny, _web(_to_db), _db(both)]) with data.flows as _table
}

test_points_at_the_peer if {
	both := {"from": [_pods("web"), _pods("db")], "ports": [{"port": 3306}]}
	assert.same({found.path | some found in flows.deny}, {"/spec/ingress/0/from/1"}) with data.flows as _table
		with input as _target([_deny, _web(_to_db), _db(both)])
}

test_denies_ports_too_many if {
	wide := object.union(_to_db, {"ports": [{"port": 3300, "endPort": 3306}]})
	assert.messages(flows.deny, {
		"NetworkPolicy/web: allows web → db on 3300-3305/TCP, which the table `flows` does not declare",
	}) with input as _target([_deny, _web(wide), _db(_from_web)]) with data.flows as _table
}

test_denies_all_peers_and_lists_some if {
	assert.messages(flows.deny, {concat("", [
		"NetworkPolicy/web: allows web → a pod with unknown labels in shop on 3306/TCP; ",
		"web → a pod without labels in shop on 3306/TCP; ",
		"web → any pod of an unknown namespace on 3306/TCP; and 2 more, which the table `flows` does not declare",
	])}) with input as _target([_deny, _web(object.remove(_to_db, ["to"])), _db(_from_web)]) with data.flows as _table
}

test_reports_the_ports_of_each_pair if {
	both := {"podSelector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["db", "web"]}]}}
	ports := {"ports": [{"port": 3306}, {"port": 3307}]}
	assert.messages(flows.deny, {
		concat("", [
			"NetworkPolicy/web: allows web → db on 3307/TCP; web → web on 3306-3307/TCP, ",
			"which the table `flows` does not declare",
		]),
		"NetworkPolicy/both: allows db → db on 3306-3307/TCP; web → db on 3307/TCP, which the table `flows` does not declare",
	}) with data.flows as _table with input as _target([
		_deny,
		_web(object.union(ports, {"to": [both]})),
		_db(_from_web),
		examples.network_policy("both", object.union(both, {
			"policyTypes": ["Egress"],
			"egress": [object.union(ports, {"to": [_pods("db")]})],
		})),
	])
}

test_counts_what_it_does_not_list if {
	every case in [
		[["db", "web"], "; and 1 more, which"],
		[["db", "web", "a pod without labels in shop"], "unknown namespace with labels on 3306/TCP, which"],
	] {
		table := {"allowed": [{"from": "web", "to": name, "ports": [3306]} | some name in case[0]]}
		found := flows.deny with data.flows as table
			with input as _target([_deny, _web(object.remove(_to_db, ["to"])), _db(_from_web)])
		[text] := [one.msg | some one in found; startswith(one.msg, "NetworkPolicy/web")]
		contains(text, case[1])
	}
}

test_denies_a_flow_that_one_end_lacks if {
	assert.messages(flows.deny, {
		"Deployment/web: no NetworkPolicy lets it reach db on 3306/TCP, as the table `flows` declares",
	}) with input as _target([_deny, _db(_from_web)]) with data.flows as _table
	assert.messages(flows.deny, {
		"Deployment/db: no NetworkPolicy lets it be reached by web on 3306/TCP, as the table `flows` declares",
	}) with input as _target([_deny, _web(_to_db)]) with data.flows as _table
}

test_points_at_the_policy_where_a_peer_is_missing if {
	elsewhere := {"to": [_pods("web")], "ports": [{"port": 3306}]}
	wide := examples.network_policy("all", {"podSelector": {}, "policyTypes": ["Egress"], "egress": [elsewhere]})
	inward := {"from": [_pods("web")], "ports": [{"port": 3307}]}
	messages := {[found.msg, found.path] |
		some found in flows.deny with data.flows as _table
			with input as _target([wide, _deny, _web(elsewhere), _db(inward)])
	}
	missing := {
		[
			"NetworkPolicy/web: does not let web reach db on 3306/TCP, as the table `flows` declares",
			"/spec/egress",
		],
		[
			"NetworkPolicy/db: does not let db be reached by web on 3306/TCP, as the table `flows` declares",
			"/spec/ingress",
		],
	}
	assert.same(missing & messages, missing)
}

test_denies_a_flow_that_a_visitor_lacks if {
	secret := examples.resource("v1", "Secret", "any", {})
	assert.messages(flows.deny, {
		"Namespace/shop: no NetworkPolicy lets visitor reach db on 3306/TCP, as the table `flows` declares",
		"NetworkPolicy/db: does not let db be reached by visitor on 3306/TCP, as the table `flows` declares",
	}) with input as _target([_deny, _web(_to_db), _db(_from_web), secret]) with data.flows as _table
}

test_denies_pods_that_no_policy_selects if {
	assert.messages(flows.deny, {
		"Deployment/db: no NetworkPolicy selects it for egress, so all peers are allowed",
		"Deployment/web: no NetworkPolicy selects it for ingress, so all peers are allowed",
	}) with input as _target([_web(_to_db), _db(_from_web)]) with data.flows as _table
}

_unselected(name, direction) := sprintf(
	"Deployment/%s: no NetworkPolicy selects it for %s, so all peers are allowed",
	[name, direction],
)

test_misses_no_flow_where_no_policy_closes_the_end if {
	assert.messages(flows.deny, {
		_unselected("db", "egress"), _unselected("web", "egress"), _unselected("web", "ingress"),
	}) with input as _target([_db(_from_web)]) with data.flows as _table
	assert.messages(flows.deny, {
		_unselected("db", "egress"), _unselected("db", "ingress"), _unselected("web", "ingress"),
	}) with input as _target([_web(_to_db)]) with data.flows as _table
}

test_misses_no_flow_from_undeclared_pods if {
	table := {"allowed": [{"from": "every pod", "to": "db", "ports": [3306]}]}
	assert.messages(flows.deny, {sprintf(
		"NetworkPolicy/db: does not let db be reached by a pod with%s labels in shop on 3306/TCP, as the table %s",
		[labels, "`flows` declares"],
	) |
		some labels in [" unknown", "out"]
	}) with input as _target([_deny, _web(_to_db), _db(_from_web)]) with data.flows as table
}

test_denies_a_peer_that_opens_nothing if {
	nobody := object.union(_to_db, {"to": [_pods("db"), _pods("nobody")]})
	no_port := {"to": [_pods("db")], "ports": [{"port": "nameless"}]}
	both := examples.network_policy("web", object.union(_pods("web"), {"egress": [nobody, no_port]}))
	assert.messages(flows.deny, {concat("", [
		"NetworkPolicy/web: a peer has no effect: ",
		"it matches nothing that is rendered or in the table `flows`, or nothing with this port",
	])}) with input as _target([_deny, both, _db(_from_web)]) with data.flows as _table
	assert.same({found.path | some found in flows.deny}, {
		"/spec/egress/0/to/1",
		"/spec/egress/1/to/0",
	}) with input as _target([_deny, both, _db(_from_web)]) with data.flows as _table
}

test_denies_a_policy_for_no_pods if {
	idle := examples.network_policy("idle", object.union(_pods("nobody"), {"ingress": [_from_web]}))
	assert.messages(flows.deny, {
		"NetworkPolicy/idle: selects nothing that is rendered or in the table `flows`",
	}) with input as _target([_deny, _web(_to_db), _db(_from_web), idle]) with data.flows as _table
}

test_asks_nothing_where_nothing_runs if {
	assert.none(flows.deny) with input as examples.combined([_deny, _web(_to_db)]) with data.flows as _table
}
