package lib.reachability_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.lib.parties
import data.lib.reachability

_db := examples.caller("db", [
	{"name": "sql", "containerPort": 3306},
	{"name": "both", "containerPort": 7000},
	{"name": "both", "containerPort": 7001, "protocol": "UDP"},
])

_web := examples.caller("web", [])

_pods(name) := {"podSelector": {"matchLabels": {"app": name}}}

_deny := examples.network_policy("deny", {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]})

_out(rule) := examples.network_policy("web", object.union(_pods("web"), {"policyTypes": ["Egress"], "egress": [rule]}))

_in(rule) := examples.network_policy("db", object.union(_pods("db"), {"policyTypes": ["Ingress"], "ingress": [rule]}))

_target(policies) := examples.combined(array.concat([_db, _web], policies))

_text(flows) := {sprintf("%s → %s %s", [from, to, ports]) |
	some pair in {[flow[0], flow[1]] | some flow in flows}
	[from, to] := [parties.all_parties[pair[0]].title, parties.all_parties[pair[1]].title]
	ports := reachability.ports_of({flow | some flow in flows; array.slice(flow, 0, 2) == pair})
}

_way_out := _out({"to": [_pods("db")], "ports": [{"port": 3306}]})

_way_in := _in({"from": [_pods("web")], "ports": [{"port": 3306}]})

test_both_ends_must_allow if {
	every case in [
		[[_deny, _way_out, _way_in], {"web → db 3306/TCP"}],
		[[_deny, _way_out], set()],
		[[_deny, _way_in], set()],
	] {
		assert.same(_text(reachability.reachable), case[1]) with input as _target(case[0]) with data.flows as {}
	}
}

test_who_is_not_isolated_allows_everything if {
	every way in [_way_in, _way_out] {
		assert.same(_text(reachability.reachable), {"web → db 3306/TCP"}) with input as _target([way])
			with data.flows as {}
	}
}

test_types_that_are_off_allow_nothing if {
	both := {"policyTypes": ["Ingress"], "ingress": [{"from": [_pods("web")]}], "egress": [{"to": [_pods("web")]}]}
	ingress := examples.network_policy("db", object.union(_pods("db"), both))
	allowed := reachability.allowed with input as _target([ingress]) with data.flows as {}
	count(allowed.Ingress) > 0
	assert.none(allowed.Egress)
}

_opened(ports) := _target([_deny, _out({"to": [_pods("db")]}), _in({"from": [_pods("web")], "ports": ports})])

test_ports_by_number_and_range if {
	every case in [
		[[{"port": 3306}], {"web → db 3306/TCP"}],
		[[{"port": 3300, "endPort": 3310}], {"web → db 3300-3310/TCP"}],
		[[{"port": 1, "endPort": 10}, {"port": 5, "endPort": 20}], {"web → db 1-20/TCP"}],
		[[{"port": 1, "endPort": 10}, {"port": 12}], {"web → db 1-10/TCP, 12/TCP"}],
	] {
		assert.same(_text(reachability.reachable), case[1]) with input as _opened(case[0]) with data.flows as {}
	}
}

test_ports_by_name if {
	every case in [
		[[{"port": "sql"}], {"web → db 3306/TCP"}],
		[[{"port": "sql", "protocol": "UDP"}], set()],
		[[{"port": "none"}], set()],
		[[{"port": "sql", "endPort": 4000}], {"web → db 3306/TCP"}],
		[[{"port": "both", "protocol": "UDP"}], {"web → db 7001/UDP"}],
	] {
		assert.same(_text(reachability.reachable), case[1]) with input as _opened(case[0]) with data.flows as {}
	}
}

test_no_port_is_every_port if {
	every case in [
		[[{"protocol": "SCTP"}], {"web → db 1-65535/SCTP"}],
		[[], {"web → db 1-65535/SCTP, 1-65535/TCP, 1-65535/UDP"}],
	] {
		assert.same(_text(reachability.reachable), case[1]) with input as _opened(case[0]) with data.flows as {}
	}
}

test_ranges_begin_at_numbers_only if {
	every start in reachability.starts {
		is_number(start)
	} with input as _opened([{"port": "sql", "endPort": 4000}]) with data.flows as {}
}

test_a_name_is_that_of_the_called_pod if {
	policies := [_deny, _out({"to": [_pods("db")], "ports": [{"port": "sql"}]}), _in({"from": [_pods("web")]})]
	assert.same(_text(reachability.reachable), {"web → db 3306/TCP"}) with input as _target(policies)
		with data.flows as {}
}

test_no_peers_are_all_peers if {
	policies := [_deny, _in({"ports": [{"port": 3306}]})]
	assert.same(_text(reachability.reachable), {
		"any pod of an unknown namespace → db 3306/TCP",
		"any pod of an unknown namespace with labels → db 3306/TCP",
	}) with input as _target(policies) with data.flows as {}
}

test_nothing_is_open_where_nothing_runs if {
	assert.none(reachability.openings) with input as examples.combined([_way_in, _way_out]) with data.flows as {}
}

test_openings_say_where_they_are_written if {
	policies := [_in({"from": [_pods("web"), _pods("db")]}), _out({"to": [_pods("db")]}), _out({})]
	places := {[opening.policy.name, opening.path] | some opening in reachability.openings} with data.flows as {}
		with input as _target(policies)
	assert.same(places, {
		["db", "/spec/ingress/0/from/0"],
		["db", "/spec/ingress/0/from/1"],
		["web", "/spec/egress/0/to/0"],
		["web", "/spec/egress/0"],
	})
}

test_the_table_declares if {
	every case in [
		[{"from": "web", "to": "db", "ports": [3306]}, {"web → db 3306/TCP"}],
		[{"from": "web", "to": "db", "ports": ["sql"]}, {"web → db 3306/TCP"}],
		[{"from": "web", "to": "db", "ports": [53], "protocol": "UDP"}, {"web → db 53/UDP"}],
		[{"from": ["web", "db"], "to": "db", "ports": [3306]}, {"web → db 3306/TCP"}],
		[{"from": "db", "to": "db", "ports": [3306]}, {"db → db 3306/TCP"}],
		[{"from": "db", "to": "databases", "ports": [3306]}, set()],
		[{"from": "databases", "to": "databases", "ports": [3306]}, {"db → db 3306/TCP"}],
		[{"from": "nobody", "to": "db", "ports": [3306]}, set()],
	] {
		table := {"groups": {"databases": {"app": "db"}}, "allowed": [case[0]]}
		assert.same(_text(reachability.declared), case[1]) with input as _target([]) with data.flows as table
	}
}
