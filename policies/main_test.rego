package main_test

import data.evaluation
import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.main

test_adds_the_rules_id_to_what_it_found if {
	pod := examples.workload("Pod", object.union(examples.pod_spec, {"hostPID": true}))
	policies := [
		examples.resource("networking.k8s.io/v1", "NetworkPolicy", "deny", {"spec": {"policyTypes": ["Ingress"]}}),
		examples.resource("networking.k8s.io/v1", "NetworkPolicy", "deny", {"spec": {"policyTypes": ["Egress"]}}),
	]
	target := examples.combined(array.concat([pod], policies))
	found := main.deny with input as target
	extra := {"main.tables", "network.dns_egress", "network.flows"}
	assert.same({finding.rule | some finding in found} - extra, {"workloads.host_namespaces"})
	assert.same(
		{finding |
			some finding in found
			finding.rule == "workloads.host_namespaces"
		},
		{{
			"msg": "Pod/cart: the pod uses a host namespace: hostPID",
			"fix": "remove hostPID",
			"resource": {"apiVersion": "v1", "kind": "Pod", "namespace": "shop", "name": "cart"},
			"container": "",
			"path": "/spec/hostPID",
			"mend": {"remove": true},
			"rule": "workloads.host_namespaces",
		}},
	)
}

test_gathers_warnings if {
	service := {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "cart"}}
	found := main.warn with input as examples.combined([service])
	assert.same(
		{[finding.rule, finding.msg] | some finding in found},
		{["namespaces.explicit", "Service/cart: has no namespace"]},
	)
}

test_finds_nothing_in_nothing if {
	assert.none(main.deny) with input as [] with data.target as {"tables": []}
}

test_denies_an_input_that_is_not_a_list if {
	found := main.deny with input as {"kind": "Pod"}
	assert.same(
		{finding.msg | some finding in found; finding.rule == "main.input"},
		{"the input is not a list of documents"},
	)
}

test_denies_to_judge_without_tables if {
	found := main.deny with input as [] with data.cluster as false
	assert.same(
		{[finding.msg, finding.fix] |
			some finding in found
			finding.rule == "main.tables"
			contains(finding.msg, "cluster")
		},
		{["the table cluster is missing", "pass -d policies/data"]},
	)
}

test_leaves_findings_to_the_evaluation_in_one_pass if {
	target := examples.deployment({"hostPID": true})
	denied := main.deny with input as target with data.target as {"live": true}
	count(denied) > 0
	assert.same(count(main.deny) + count(main.warn), 0) with input as target
		with data.target as {"live": true, "once": true}
	warned := main.warn with input as target with data.target as {"live": true}
	reports := evaluation.warn with input as target with data.target as {"live": true, "once": true}
	assert.same({[report.denied, report.warned] | some report in reports}, {[denied, warned]})
	before := evaluation.warn with input as target with data.target as {"live": true}
	assert.same({report | some report in before; report.denied}, set())
}

test_reports_findings_if_the_evaluation_does_not if {
	target := examples.deployment({"hostPID": true})
	count(main.deny) > 0 with input as target with data.target as {"live": true, "once": true}
		with evaluation.tells_findings as false
}
