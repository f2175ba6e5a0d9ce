# METADATA
# title: Everything at its largest fits the quota
# description: |
#   When a ResourceQuota is used up, the next pod of a rollout or of an autoscaler is refused, at the hour of most
#   traffic. Counted is every workload at its most replicas and in the middle of a rollout (maxSurge rounded up), with
#   what LimitRanges fill in, and claims and Services where the quota has lines for them; where it has scopes, the pods
#   in them. A DaemonSet has a pod on each of the nodes that the table `cluster` numbers; where it does not, and for
#   scopes that are not known here, it is a warning.
# custom:
#   id: quota.fits
#   profile: general
#   subjects: ResourceQuota
#   severity: high
#   fix: "raise the line of the quota, or lower requests, limits, replicas or maxSurge"
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

	# In thousandths, so that sums of decimals are equal to what they are on paper.
	round(needed * 1000) > round(resource_quantity.parse(hard) * 1000)
	found := finding.about(entry.resource, {
		"msg": sprintf("%s is %v, and everything at its largest takes %s: %s", [
			line,
			hard,
			_text(line, needed),
			_largest(counted, line),
		]),
		"fix": sprintf("raise %s to %s, or lower what is counted", [line, _text(line, needed)]),
		"path": sprintf("/spec/hard/%s", [replace(line, "/", "~1")]),
	})
}

warn contains found if {
	some entry in resource_quotas.quotas
	unknown := quota_scopes.unknown(entry.scopes)
	count(unknown) > 0
	found := finding.about(entry.resource, {
		"msg": sprintf("has scopes of which it is not known here what they select: %s", [concat(", ", unknown)]),
		"fix": "see that what the scopes select fits, or write a quota without them",
		"path": "/spec",
	})
}

warn contains found if {
	some entry in resource_quotas.quotas
	some pod in max_pod_count.unknown
	resource_quotas.applies_to(entry, pod)
	found := finding.about(entry.resource, {
		"msg": sprintf("does not count %s %s, whose number of pods is not known here", [
			pod.resource.kind,
			pod.resource.name,
		]),
		"fix": "write how many nodes there are, cluster: {nodes: …}, in policies/data/cluster.yaml",
		"path": "/spec/hard",
	})
}

# The three who take the most.
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
