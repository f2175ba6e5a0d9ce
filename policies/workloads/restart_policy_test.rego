package rules.workloads.restart_policy_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.workloads.restart_policy

_pods(kind, spec) := examples.combined([examples.workload(kind, object.union(examples.pod_spec, spec))])

test_accepts_what_each_kind_takes if {
	every kind in ["DaemonSet", "Deployment", "ReplicaSet", "ReplicationController", "Rollout", "StatefulSet"] {
		assert.none(restart_policy.deny) with input as _pods(kind, {})
		assert.none(restart_policy.deny) with input as _pods(kind, {"restartPolicy": "Always"})
	}
	every kind in ["CronJob", "Job", "ScaledJob"] {
		assert.none(restart_policy.deny) with input as _pods(kind, {"restartPolicy": "Never"})
		assert.none(restart_policy.deny) with input as _pods(kind, {"restartPolicy": "OnFailure"})
	}
	every kind in ["Pod", "PodTemplate"] {
		assert.none(restart_policy.deny) with input as _pods(kind, {"restartPolicy": "Never"})
		assert.none(restart_policy.deny) with input as _pods(kind, {})
	}
}

test_denies_jobs_that_never_end if {
	every kind in ["CronJob", "Job", "ScaledJob"] {
		every spec in [{}, {"restartPolicy": "Always"}] {
			assert.messages(restart_policy.deny, {
				sprintf("%s/cart: the pod has restartPolicy Always, but a %s needs OnFailure or Never", [kind, kind]),
			}) with input as _pods(kind, spec)
		}
	}
}

test_denies_what_is_not_started_again if {
	every policy in ["Never", "OnFailure"] {
		assert.messages(restart_policy.deny, {
			sprintf("Deployment/cart: the pod has restartPolicy %s, but a Deployment needs Always", [policy]),
		}) with input as _pods("Deployment", {"restartPolicy": policy})
	}
}
