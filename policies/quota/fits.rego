# METADATA
# title: Everything at its largest fits the quota
# description: |
#   When a ResourceQuota is used up, the next pod of a rollout or of an autoscaler is refused, at the hour of most
#   traffic. Counted is every workload at its most replicas and in the middle of a rollout (maxSurge rounded up), with
#   what LimitRanges fill in, and claims and Services where the quota has lines for them. DaemonSets and quotas with
#   scopes cannot be counted, which is a warning.
# custom:
#   id: quota.fits
#   profile: general
#   subjects: ResourceQuota
#   severity: high
#   fix: "raise the line of the quota, or lower requests, limits, replicas or maxSurge"
#   docs: https://kubernetes.io/docs/concepts/policy/resource-quotas/
package rules.quota.fits

import data.lib.demand
import data.lib.finding
import data.lib.quantities
import data.lib.quota

deny contains found if {
	some entry in quota.all_of_them
	not entry.is_scoped
	some line, hard in entry.hard
	counted := quota.counted(entry.resource.namespace, line)
	needed := sum([each.total | some each in counted])

	# In thousandths, so that sums of decimals are equal to what they are on paper.
	round(needed * 1000) > round(quantities.value(hard) * 1000)
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
	some entry in quota.all_of_them
	entry.is_scoped
	found := finding.about(entry.resource, {
		"msg": "has scopes, so whether everything fits cannot be told here",
		"fix": "see that what the scopes select fits, or write a quota without scopes",
		"path": "/spec/scopes",
	})
}

warn contains found if {
	some entry in quota.all_of_them
	some workload in demand.unknown
	workload.namespace == entry.resource.namespace
	found := finding.about(entry.resource, {
		"msg": sprintf("does not count %s %s, whose number of pods is not known here", [workload.kind, workload.name]),
		"fix": "leave room for it in the quota, which is checked for everything else",
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

_text(line, amount) := sprintf("%vGi", [ceil((amount * 100) / quantities.value("1Gi")) / 100]) if _is_in_bytes(line)

_text(line, amount) := sprintf("%v", [round(amount * 1000) / 1000]) if not _is_in_bytes(line)

_is_in_bytes(line) if regex.match(`(memory|storage)$`, line)
