package lib.verdict_test

import data.lib.examples_test as examples
import data.lib.verdict

test_adds_the_rules_id if {
	target := examples.deployment({"hostPID": true})
	found := verdict.denied with input as target
	[finding.msg | some finding in found; finding.rule == "workloads.host_namespaces"] == [
		"Deployment/cart: the pod uses the node's namespace: hostPID",
	]
}

test_gathers_warnings if {
	service := {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "cart"}}
	found := verdict.warned with input as examples.combined([service])
	"Service/cart: names no namespace" in {finding.msg | some finding in found; finding.rule == "namespaces.explicit"}
}
