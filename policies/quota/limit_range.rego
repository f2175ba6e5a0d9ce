# METADATA
# title: Containers and claims keep within the limits of their namespace
# description: |
#   The API server refuses a pod or claim that asks for more than a LimitRange allows, or for less.
# custom:
#   id: quota.limit_range
#   profile: general
#   subjects: [containers, PersistentVolumeClaim, apps/StatefulSet]
#   severity: high
#   fix: "ask for an amount within min and max of the LimitRange, or change these"
#   docs: https://kubernetes.io/docs/concepts/policy/limit-range/
package rules.quota.limit_range

import data.lib.amounts
import data.lib.claims
import data.lib.finding
import data.lib.pods
import data.lib.quantities
import data.lib.values

deny contains found if {
	some limits in amounts.ranges
	limits.content.type == "Container"
	some container in pods.containers
	container.pod.resource.namespace == limits.resource.namespace
	some part in ["requests", "limits"]
	some bound in ["max", "min"]
	some name, allowed in values.map(values.at(limits.content, [bound]))
	asked := values.at(container.content, ["resources", part, name])
	_is_beyond(bound, asked, allowed)
	found := finding.about_container(container, {
		"msg": sprintf("has %s.%s %v, and LimitRange %s allows %s %v", [
			part,
			name,
			asked,
			limits.resource.name,
			bound,
			allowed,
		]),
		"fix": sprintf("keep within %s %v", [bound, allowed]),
		"path": sprintf("/resources/%s/%s", [part, name]),
	})
}

deny contains found if {
	some limits in amounts.ranges
	limits.content.type == "PersistentVolumeClaim"
	some claim in claims.every_one
	claim.resource.namespace == limits.resource.namespace
	some bound in ["max", "min"]
	allowed := limits.content[bound].storage
	asked := claim.content.spec.resources.requests.storage
	_is_beyond(bound, asked, allowed)
	found := finding.about(claim.resource, {
		"msg": sprintf("claim %s asks for %v, and LimitRange %s allows %s %v", [
			claim.name,
			asked,
			limits.resource.name,
			bound,
			allowed,
		]),
		"fix": sprintf("keep within %s %v", [bound, allowed]),
		"path": concat("", [claim.path, "/spec/resources/requests/storage"]),
	})
}

_is_beyond("max", asked, allowed) if quantities.value(asked) > quantities.value(allowed)

_is_beyond("min", asked, allowed) if quantities.value(asked) < quantities.value(allowed)
