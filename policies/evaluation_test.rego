package evaluation_test

import data.evaluation
import data.lib.assert_test as assert
import data.lib.examples_test as examples

test_counts_documents_and_names_rules if {
	target := examples.combined([examples.workload("Pod", examples.pod_spec), null, "text"])
	found := evaluation.warn with input as target
	assert.size(found, 1)
	some report in found
	assert.same(report.msg, "evaluation")
	assert.same(report.documents, 3)
	assert.same(report.rules, sort(report.rules))
	assert.same({"workloads.seccomp", "namespaces.explicit"} - {rule | some rule in report.rules}, set())
}

test_names_no_tests if {
	found := evaluation.warn with input as []
	every report in found {
		every rule in report.rules {
			not endswith(rule, "_test")
		}
	}
}

test_counts_what_there_is_to_judge if {
	deployment := examples.workload("Deployment", examples.pod_spec)
	bare := examples.workload("Pod", {"containers": []})
	scaler := examples.resource("autoscaling/v2", "HorizontalPodAutoscaler", "cart", {"spec": {"scaleTargetRef": {
		"apiVersion": "apps/v1",
		"kind": "Deployment",
		"name": deployment.metadata.name,
	}}})
	found := evaluation.warn with input as examples.combined([deployment, bare, scaler])
	some report in found
	one := ["apps/v1", "Deployment", "shop", deployment.metadata.name]
	assert.same(report.subjects.pods, {one, ["v1", "Pod", "shop", bare.metadata.name]})
	assert.same(report.subjects.containers, {one})
	assert.same(report.subjects.namespaces, {"shop"})
	assert.size(report.subjects.resources, 3)
	assert.same(report.subjects.own["workloads.replicas_with_hpa"], {one})
}
