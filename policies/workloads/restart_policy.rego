# METADATA
# title: The restart policy fits the kind
# description: |
#   The API server rejects a Job with the restart policy Always, which is the default. It rejects a long-running
#   workload with any other restart policy.
# custom:
#   id: workloads.restart_policy
#   profile: general
#   subjects: pods
#   severity: high
#   fix: "set restartPolicy: OnFailure or Never in the pods of Jobs, and remove it elsewhere"
#   docs: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy
package rules.workloads.restart_policy

import data.lib.finding
import data.lib.pods

deny contains found if {
	some pod in pods.templates
	policy := object.get(pod.spec, "restartPolicy", "Always")
	wanted := _wanted(pod)
	not policy in wanted
	found := finding.about_pod(pod, {
		"msg": sprintf("the pod has restartPolicy %v, but a %s needs %s", [
			policy,
			pod.resource.kind,
			concat(" or ", wanted),
		]),
		"fix": sprintf("restartPolicy: %s", [wanted[0]]),
		"path": "/restartPolicy",
	})
}

_wanted(pod) := ["Always"] if pods.is_long_running(pod)

_wanted(pod) := ["OnFailure", "Never"] if pod.resource.kind in {"CronJob", "Job", "ScaledJob"}
