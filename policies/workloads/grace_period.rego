# METADATA
# title: A pod has time to stop
# description: |
#   preStop counts against terminationGracePeriodSeconds: where it takes as long, the program is killed in the middle
#   of a request. A period of 0 kills at once.
# custom:
#   id: workloads.grace_period
#   profile: general
#   subjects: containers
#   severity: medium
#   fix: "raise terminationGracePeriodSeconds above what preStop and the program need together"
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
		"msg": sprintf("sleeps %d s before it stops, of the %d s that it has", [seconds, grace]),
		"fix": "raise terminationGracePeriodSeconds above what preStop and the program need together",
		"path": "/lifecycle/preStop",
	})
}

deny contains found if {
	some pod in pods.templates
	pods.is_long_running(pod)
	_grace(pod) == 0
	found := finding.about_pod(pod, {
		"msg": "the pod is killed at once, without being asked to stop",
		"fix": "set terminationGracePeriodSeconds to what the program needs, 30 by default",
		"path": "/terminationGracePeriodSeconds",
	})
}

_grace(pod) := object.get(pod.spec, "terminationGracePeriodSeconds", 30)

_sleep(hook) := hook.sleep.seconds if is_number(hook.sleep.seconds)

# `sleep 15`, alone or as a step of a shell's line; undefined where it says nothing of time.
_sleep(hook) := max(seconds) if {
	text := concat(" ", [values.text(word) | some word in values.list(values.at(hook, ["exec", "command"]))])
	seconds := {to_number(number) |
		some [_, number] in regex.find_all_string_submatch_n(`\bsleep ([0-9]+)(?:s|\s|;|&|$)`, text, -1)
	}
}
