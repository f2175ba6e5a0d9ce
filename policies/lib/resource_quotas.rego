# METADATA
# title: Resource quotas
# description: The ResourceQuotas of a target, and the usage that each of their lines counts.
package lib.resource_quotas

import data.lib.documents
import data.lib.effective_resources
import data.lib.max_pod_count
import data.lib.quota_scopes
import data.lib.resource_quantity
import data.lib.values
import data.lib.volume_claims

quotas := [quota |
	some resource in documents.of("", "ResourceQuota")
	spec := values.map(values.at(resource.content, ["spec"]))
	quota := {
		"hard": values.map(values.at(spec, ["hard"])),
		"resource": resource,
		"scopes": quota_scopes.of(spec),
	}
]

# Whether a pod is in the namespace and the scopes of a quota.
applies_to(quota, pod) if {
	pod.resource.namespace == quota.resource.namespace
	quota_scopes.select(quota.scopes, pod)
}

# The usage for a line of a quota: each resource with its number, its value and their product. Undefined for unknown
# lines.
usage(quota, line) := [_share(pod.resource, pod.number, 1) |
	some pod in max_pod_count.templates
	applies_to(quota, pod)
] if {
	line in {"count/pods", "pods"}
}

usage(quota, line) := [_share(pod.resource, pod.number, each) |
	[part, name] := _compute(line)
	some pod in max_pod_count.templates
	applies_to(quota, pod)
	each := effective_resources.of_pod(pod, part, name)
] if {
	_compute(line)
}

usage(quota, line) := [_share(claim.resource, number, each) |
	some claim in volume_claims.claims
	claim.resource.namespace == quota.resource.namespace
	_is_of_class(claim, line)
	number := _claims(claim.resource)
	each := _asked(claim, line)
] if {
	_is_about_claims(line)
}

usage(quota, line) := [_share(resource, 1, each) |
	some resource in documents.of("", "Service")
	resource.namespace == quota.resource.namespace
	each := _service(values.map(values.at(resource.content, ["spec"])), line)
	each > 0
] if {
	line in {"services", "services.loadbalancers", "services.nodeports"}
}

_share(resource, number, each) := {"each": each, "number": number, "resource": resource, "total": number * each}

# The part, "requests" or "limits", and the resource of a line.
_compute(line) := ["requests", line] if line in {"cpu", "ephemeral-storage", "memory"}

_compute(line) := [part, name] if {
	[_, part, name] := values.groups(`^(requests|limits)\.(.+)$`, line)
	name != "storage"
}

_is_about_claims(line) if line in {"count/persistentvolumeclaims", "persistentvolumeclaims", "requests.storage"}

_is_about_claims(line) if contains(line, _of_class)

_of_class := ".storageclass.storage.k8s.io/"

_is_of_class(_, line) if not contains(line, _of_class)

_is_of_class(claim, line) if startswith(line, concat("", [claim.content.spec.storageClassName, _of_class]))

_asked(claim, line) := amount if {
	endswith(line, "requests.storage")
	amount := resource_quantity.parse(claim.content.spec.resources.requests.storage)
}

_asked(_, line) := 1 if not endswith(line, "requests.storage")

_claims(resource) := 1 if {
	resource.kind == "PersistentVolumeClaim"
} else := max_pod_count.of(resource)

_service(_, "services") := 1

_service(spec, "services.loadbalancers") := 1 if spec.type == "LoadBalancer"

_service(spec, "services.nodeports") := count([port |
	spec.type in {"LoadBalancer", "NodePort"}
	object.get(spec, "allocateLoadBalancerNodePorts", true)
	some port in values.list(values.at(spec, ["ports"]))
])
