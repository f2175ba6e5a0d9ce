# METADATA
# title: Pods have time to stop
# description: |
#   preStop counts towards terminationGracePeriodSeconds. If preStop takes the whole period, the kubelet kills the
#   program during a request. With a period of 0 it kills the program immediately.
# custom:
#   id: workloads.grace_period
#   profile: general
#   general: warn
#   subjects: containers
#   severity: medium
#   fix: "make terminationGracePeriodSeconds longer than preStop and the shutdown of the program together"
#   docs: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination
package rules.workloads.grace_period

import data.lib.finding
import data.lib.pods
import data.lib.values

deny contains found if {
	some container in pods.containers
	grace := _grace(container.pod)
	seconds := _sleep(values.at(container.content, ["lifecycle", "preStop"]))
	seconds >= grace
	found := finding.about_container(container, {
		"msg": sprintf("waits %d s in preStop, but the grace period of the pod is %d s", [seconds, grace]),
		"fix": "make terminationGracePeriodSeconds longer than preStop and the shutdown of the program together",
		"path": "/lifecycle/preStop",
	})
}

deny contains found if {
	some pod in pods.templates
	pods.is_long_running(pod)
	_grace(pod) == 0
	found := finding.about_pod(pod, {
		"msg": "the pod is killed immediately, without time to stop",
		"fix": "set terminationGracePeriodSeconds to the time that the program needs; the default is 30",
		"path": "/terminationGracePeriodSeconds",
	})
}

_grace(pod) := object.get(pod.spec, "terminationGracePeriodSeconds", 30)

_sleep(hook) := hook.sleep.seconds if is_number(hook.sleep.seconds)

# The seconds of `sleep 15`, alone or in a shell command. Undefined where the hook does not sleep.
_sleep(hook) := max(seconds) if {
	text := concat(" ", [values.text(word) | some word in values.list(values.at(hook, ["exec", "command"]))])
	seconds := {to_number(number) |
		some [_, number] in regex.find_all_string_submatch_n(`\bsleep ([0-9]+)(?:s|\s|;|&|$)`, text, -1)
	}
}
