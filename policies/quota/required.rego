# METADATA
# title: Containers set the resources that a quota counts
# description: |
#   If a ResourceQuota counts CPU or memory, the API server rejects a pod with a container that does not set it, unless
#   a LimitRange has a default.
# custom:
#   id: quota.required
#   profile: general
#   subjects: containers
#   severity: high
#   fix: "set the request or limit in every container, or a default in a LimitRange"
#   docs: https://kubernetes.io/docs/concepts/policy/resource-quotas/
package rules.quota.required

import data.lib.effective_resources
import data.lib.finding
import data.lib.pods
import data.lib.resource_quotas
import data.lib.values

_lines := {
	"cpu": ["requests", "cpu"],
	"limits.cpu": ["limits", "cpu"],
	"limits.memory": ["limits", "memory"],
	"memory": ["requests", "memory"],
	"requests.cpu": ["requests", "cpu"],
	"requests.memory": ["requests", "memory"],
}

deny contains found if {
	some entry in resource_quotas.quotas
	some line, _ in entry.hard
	[part, name] := _lines[line]
	some container in pods.containers
	container.list in {"containers", "initContainers"}
	resource_quotas.applies_to(entry, container.pod)
	namespace := entry.resource.namespace
	not container.pod.spec.resources[part][name]
	not effective_resources.of_container(namespace, values.map(values.at(container.content, ["resources"])), part, name)
	found := finding.about_container(container, {
		"msg": sprintf("does not set %s.%s, which ResourceQuota %s counts", [part, name, entry.resource.name]),
		"fix": sprintf("resources: {%s: {%s: …}}", [part, name]),
		"path": "/resources",
	})
}
