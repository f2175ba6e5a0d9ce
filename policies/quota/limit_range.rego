# METADATA
# title: Containers and claims respect the LimitRange
# description: |
#   The API server rejects a pod or claim with values above the maximum or below the minimum of a LimitRange. It also
#   rejects a container whose limit is too many times its request.
# custom:
#   id: quota.limit_range
#   profile: general
#   subjects: [containers, PersistentVolumeClaim, apps/StatefulSet]
#   severity: high
#   fix: "set values between min and max of the LimitRange, or change the LimitRange"
#   docs: https://kubernetes.io/docs/concepts/policy/limit-range/
package rules.quota.limit_range

import data.lib.effective_resources
import data.lib.finding
import data.lib.pods
import data.lib.resource_quantity
import data.lib.values
import data.lib.volume_claims

deny contains found if {
	some limits in effective_resources.limit_ranges
	limits.content.type == "Container"
	some container in pods.containers
	container.pod.resource.namespace == limits.resource.namespace
	some part in ["requests", "limits"]
	some bound in ["max", "min"]
	some name, allowed in values.map(values.at(limits.content, [bound]))
	requested := values.at(container.content, ["resources", part, name])
	_is_beyond(bound, requested, allowed)
	found := finding.about_container(container, {
		"msg": sprintf("has %s.%s %v, but LimitRange %s allows %s %v", [
			part,
			name,
			requested,
			limits.resource.name,
			bound,
			allowed,
		]),
		"fix": sprintf("observe %s %v", [bound, allowed]),
		"path": sprintf("/resources/%s/%s", [part, name]),
	})
}

deny contains found if {
	some limits in effective_resources.limit_ranges
	limits.content.type == "PersistentVolumeClaim"
	some claim in volume_claims.claims
	claim.resource.namespace == limits.resource.namespace
	some bound in ["max", "min"]
	allowed := limits.content[bound].storage
	requested := claim.content.spec.resources.requests.storage
	_is_beyond(bound, requested, allowed)
	found := finding.about(claim.resource, {
		"msg": sprintf("claim %s requests %v, but LimitRange %s allows %s %v", [
			claim.name,
			requested,
			limits.resource.name,
			bound,
			allowed,
		]),
		"fix": sprintf("observe %s %v", [bound, allowed]),
		"path": concat("", [claim.path, "/spec/resources/requests/storage"]),
	})
}

deny contains found if {
	some limits in effective_resources.limit_ranges
	limits.content.type == "Container"
	some container in pods.containers
	container.list in {"containers", "initContainers"}
	namespace := container.pod.resource.namespace
	namespace == limits.resource.namespace
	some name, allowed in values.map(values.at(limits.content, ["maxLimitRequestRatio"]))
	resources := values.map(values.at(container.content, ["resources"]))
	limit := effective_resources.of_container(namespace, resources, "limits", name)
	most := resource_quantity.parse(allowed) * effective_resources.of_container(namespace, resources, "requests", name)
	_thousandths(limit) > _thousandths(most)
	found := finding.about_container(container, {
		"msg": sprintf("may use more than %v times the %s that it requests, which LimitRange %s forbids", [
			allowed,
			name,
			limits.resource.name,
		]),
		"fix": sprintf("raise requests.%s, or lower limits.%s", [name, name]),
		"path": "/resources",
	})
}

deny contains found if {
	some limits in effective_resources.limit_ranges
	limits.content.type == "Pod"
	some pod in pods.templates
	pod.resource.namespace == limits.resource.namespace
	some [part, bound] in [["limits", "max"], ["requests", "min"]]
	some name, allowed in values.map(values.at(limits.content, [bound]))
	requested := effective_resources.of_pod(pod, part, name)
	_is_beyond(bound, requested, allowed)
	found := finding.about_pod(pod, {
		"msg": sprintf("the pod has %s.%s %v in total, but LimitRange %s allows %s %v per pod", [
			part,
			name,
			requested,
			limits.resource.name,
			bound,
			allowed,
		]),
		"fix": sprintf("keep the sum over its containers within %s %v", [bound, allowed]),
		"path": "/containers",
	})
}

_is_beyond("max", requested, allowed) if _thousandths(requested) > _thousandths(allowed)

_is_beyond("min", requested, allowed) if _thousandths(requested) < _thousandths(allowed)

# Rounds, to avoid rounding errors of decimal fractions.
_thousandths(amount) := round(resource_quantity.parse(amount) * 1000)
