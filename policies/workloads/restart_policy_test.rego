package rules.workloads.restart_policy_test

import data.lib.examples_test as examples
import data.rules.workloads.restart_policy

_pods(kind, spec) := examples.combined([examples.workload(kind, object.union(examples.pod_spec, spec))])

test_accepts_what_each_kind_takes if {
	every kind in ["DaemonSet", "Deployment", "ReplicaSet", "ReplicationController", "Rollout", "StatefulSet"] {
		count(restart_policy.deny) == 0 with input as _pods(kind, {})
		count(restart_policy.deny) == 0 with input as _pods(kind, {"restartPolicy": "Always"})
	}
	every kind in ["CronJob", "Job", "ScaledJob"] {
		count(restart_policy.deny) == 0 with input as _pods(kind, {"restartPolicy": "Never"})
		count(restart_policy.deny) == 0 with input as _pods(kind, {"restartPolicy": "OnFailure"})
	}
	every kind in ["Pod", "PodTemplate"] {
		count(restart_policy.deny) == 0 with input as _pods(kind, {"restartPolicy": "Never"})
		count(restart_policy.deny) == 0 with input as _pods(kind, {})
	}
}

test_denies_jobs_that_never_end if {
	every kind in ["CronJob", "Job", "ScaledJob"] {
		every spec in [{}, {"restartPolicy": "Always"}] {
			examples.messages(restart_policy.deny) == {
				sprintf("%s/cart: the pod has restartPolicy Always, where a %s takes OnFailure or Never", [kind, kind]),
			} with input as _pods(kind, spec)
		}
	}
}

test_denies_what_is_not_started_again if {
	every policy in ["Never", "OnFailure"] {
		examples.messages(restart_policy.deny) == {
			sprintf("Deployment/cart: the pod has restartPolicy %s, where a Deployment takes Always", [policy]),
		} with input as _pods("Deployment", {"restartPolicy": policy})
	}
}
