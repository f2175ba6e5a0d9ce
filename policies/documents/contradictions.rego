# METADATA
# title: The values of an object do not contradict each other
# description: |
#   The API server compares some values of an object and rejects it if they cannot both hold: the end of a range of
#   ports and its start, a limit of a LimitRange and its default, an index of a Job and its completions, a policy for
#   failures and the containers that it names, a pause before the end of a container and the grace period of its pod.
# custom:
#   id: documents.contradictions
#   profile: general
#   subjects: [batch/CronJob, batch/Job, LimitRange, networking.k8s.io/NetworkPolicy, containers]
#   severity: high
#   fix: "correct one of the two values"
#   docs: https://kubernetes.io/docs/reference/kubernetes-api/
package rules.documents.contradictions

import data.lib.documents
import data.lib.finding
import data.lib.pods
import data.lib.resource_quantity
import data.lib.values

deny contains found if {
	some resource in documents.of("networking.k8s.io", "NetworkPolicy")
	some direction in ["ingress", "egress"]
	some number, rule in values.list(values.at(resource.content, ["spec", direction]))
	some index, port in values.list(values.at(rule, ["ports"]))
	is_number(port.port)
	port.endPort < port.port
	found := finding.about(resource, {
		"msg": sprintf("has a range of ports from %v to %v", [port.port, port.endPort]),
		"fix": "make endPort the higher port",
		"path": sprintf("/spec/%s/%d/ports/%d/endPort", [direction, number, index]),
	})
}

deny contains found if {
	some resource in documents.of("", "LimitRange")
	some index, limits in values.list(values.at(resource.content, ["spec", "limits"]))
	some [low, high] in [
		["min", "max"], ["min", "default"], ["min", "defaultRequest"], ["default", "max"], ["defaultRequest", "max"],
		["defaultRequest", "default"],
	]
	some name, most in values.map(values.at(limits, [high]))
	least := values.at(limits, [low, name])
	resource_quantity.parse(least) > resource_quantity.parse(most)
	found := finding.about(resource, {
		"msg": sprintf("has %s %v for %s, above its %s %v", [low, least, name, high, most]),
		"fix": sprintf("lower %s.%s, or raise %s.%s", [low, name, high, name]),
		"path": sprintf("/spec/limits/%d/%s/%s", [index, low, _pointer(name)]),
	})
}

deny contains found if {
	some job in _jobs
	containers := {container.name | some container in pods.containers; container.pod.resource == job.resource}
	some index, rule in job.failures
	name := values.at(rule, ["onExitCodes", "containerName"])
	is_string(name)
	not name in containers
	found := finding.about(job.resource, {
		"msg": sprintf("has a podFailurePolicy for the container %v, which is not in its pods", [name]),
		"fix": sprintf("name one of %s", [concat(", ", sort(containers))]),
		"path": sprintf("%s/podFailurePolicy/rules/%d/onExitCodes/containerName", [job.path, index]),
	})
}

deny contains found if {
	some job in _jobs
	some index, rule in job.failures
	codes := values.list(values.at(rule, ["onExitCodes", "values"]))
	codes != sort({code | some code in codes})
	found := finding.about(job.resource, {
		"msg": "has a podFailurePolicy with exit codes that are not in order, or twice",
		"fix": "list each exit code once, the lowest first",
		"path": sprintf("%s/podFailurePolicy/rules/%d/onExitCodes/values", [job.path, index]),
	})
}

deny contains found if {
	some job in _jobs
	completions := values.at(job.content, ["completions"])
	some index, rule in values.list(values.at(job.content, ["successPolicy", "rules"]))
	most := max(_counts(rule))
	most > completions
	found := finding.about(job.resource, {
		"msg": sprintf("has a successPolicy that needs %v of %v completions", [most, completions]),
		"fix": sprintf("name at most %v, and indexes below it", [completions]),
		"path": sprintf("%s/successPolicy/rules/%d", [job.path, index]),
	})
}

deny contains found if {
	some container in pods.containers
	some hook in ["postStart", "preStop"]
	seconds := values.at(container.content, ["lifecycle", hook, "sleep", "seconds"])
	grace := object.get(container.pod.spec, "terminationGracePeriodSeconds", 30)
	seconds > grace
	found := finding.about_container(container, {
		"msg": sprintf("sleeps %v s in %s, longer than the grace period of %v s", [seconds, hook, grace]),
		"fix": "raise terminationGracePeriodSeconds, or sleep less",
		"path": sprintf("/lifecycle/%s/sleep/seconds", [hook]),
	})
}

_jobs contains _job(resource, ["spec"]) if some resource in documents.of("batch", "Job")

_jobs contains _job(resource, ["spec", "jobTemplate", "spec"]) if some resource in documents.of("batch", "CronJob")

_job(resource, path) := {
	"content": content,
	"failures": values.list(values.at(content, ["podFailurePolicy", "rules"])),
	"path": concat("/", array.concat([""], path)),
	"resource": resource,
} if {
	content := values.map(object.get(resource.content, path, {}))
}

# The completions that a rule needs: a number of them, and one more than each index, because indexes start at 0.
_counts(rule) := given | after if {
	given := {amount | amount := values.at(rule, ["succeededCount"]); is_number(amount)}
	texts := regex.find_n(`[0-9]+`, values.text(values.at(rule, ["succeededIndexes"])), -1)
	after := {next | some text in texts; next := to_number(text) + 1}
}

_pointer(name) := replace(replace(name, "~", "~0"), "/", "~1")
