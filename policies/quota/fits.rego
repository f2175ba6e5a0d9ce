# METADATA
# title: The maximum demand fits the quota
# description: |
#   When a ResourceQuota is used up, the API server rejects the next pod of a rollout or an autoscaler, usually at peak
#   load. The rule adds up all workloads at their maximum replicas during a rollout (maxSurge rounded up), with the
#   defaults of LimitRanges. It includes claims and Services if the quota counts them. If the quota has scopes, it
#   counts only their pods. A DaemonSet has one pod for each node in the table `cluster`. Without that number, and for
#   unknown scopes, the rule only warns.
# custom:
#   id: quota.fits
#   profile: general
#   subjects: ResourceQuota
#   severity: high
#   fix: "raise the value in the quota, or lower requests, limits, replicas or maxSurge"
#   docs: https://kubernetes.io/docs/concepts/policy/resource-quotas/
package rules.quota.fits

import data.lib.finding
import data.lib.max_pod_count
import data.lib.quota_scopes
import data.lib.resource_quantity
import data.lib.resource_quotas

deny contains found if {
	some entry in resource_quotas.quotas
	some line, hard in entry.hard
	counted := resource_quotas.usage(entry, line)
	needed := sum([each.total | some each in counted])

	# In thousandths, to avoid rounding errors of decimal fractions.
	round(needed * 1000) > round(resource_quantity.parse(hard) * 1000)
	found := finding.about(entry.resource, {
		"msg": sprintf("%s is %v, but the maximum demand is %s: %s", [
			line,
			hard,
			_text(line, needed),
			_largest(counted, line),
		]),
		"fix": sprintf("raise %s to %s, or lower the demand", [line, _text(line, needed)]),
		"path": sprintf("/spec/hard/%s", [replace(line, "/", "~1")]),
	})
}

warn contains found if {
	some entry in resource_quotas.quotas
	unknown := quota_scopes.unknown(entry.scopes)
	count(unknown) > 0
	found := finding.about(entry.resource, {
		"msg": sprintf("has unknown scopes: %s", [concat(", ", unknown)]),
		"fix": "check that the pods in these scopes fit, or use a quota without them",
		"path": "/spec",
	})
}

warn contains found if {
	some entry in resource_quotas.quotas
	some pod in max_pod_count.unknown
	resource_quotas.applies_to(entry, pod)
	found := finding.about(entry.resource, {
		"msg": sprintf("does not count %s %s, because its number of pods is unknown", [
			pod.resource.kind,
			pod.resource.name,
		]),
		"fix": "set the number of nodes in the table `cluster`: {nodes: …}",
		"path": "/spec/hard",
	})
}

# The three resources with the largest demand.
_largest(counted, line) := concat(", ", [text |
	some total in array.slice(array.reverse(sort({each.total | some each in counted})), 0, 3)
	some each in counted
	each.total == total
	text := sprintf("%s %s %d × %s", [each.resource.kind, each.resource.name, each.number, _text(line, each.each)])
])

_text(line, amount) := sprintf("%vGi", [ceil((amount * 100) / _gibibyte) / 100]) if _is_in_bytes(line)

_text(line, amount) := sprintf("%v", [round(amount * 1000) / 1000]) if not _is_in_bytes(line)

_gibibyte := resource_quantity.parse("1Gi")

_is_in_bytes(line) if regex.match(`(memory|storage)$`, line)
