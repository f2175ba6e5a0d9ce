package evaluation_test

import data.evaluation
import data.lib.examples_test as examples

test_counts_documents_and_names_rules if {
	target := examples.combined([examples.workload("Pod", examples.pod_spec), null, "text"])
	found := evaluation.warn with input as target
	count(found) == 1
	some report in found
	report.msg == "evaluation"
	report.documents == 3
	report.rules == sort(report.rules)
	{"workloads.seccomp", "namespaces.explicit"} - {rule | some rule in report.rules} == set()
}

test_names_no_tests if {
	found := evaluation.warn with input as []
	every report in found {
		every rule in report.rules {
			not endswith(rule, "_test")
		}
	}
}
