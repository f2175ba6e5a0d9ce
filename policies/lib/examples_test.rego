# METADATA
# title: Examples
# description: |
#   A workload without findings, which the tests change in one place.
#   The name of the package ends in _test so that only tests load it.
package lib.examples_test

import data.lib.assert_test as assert
import data.lib.pods

container := {
	"name": "server",
	"image": "registry.example/shop/cart:1.2.3",
	"livenessProbe": {"httpGet": {"path": "/health", "port": 8080}},
	"readinessProbe": {"httpGet": {"path": "/ready", "port": 8080}},
	"resources": {
		"requests": {"cpu": "100m", "memory": "128Mi"},
		"limits": {"cpu": "1", "memory": "256Mi"},
	},
	"securityContext": {
		"allowPrivilegeEscalation": false,
		"capabilities": {"drop": ["ALL"]},
		"readOnlyRootFilesystem": true,
	},
}

pod_spec := {
	"automountServiceAccountToken": false,
	"containers": [container],
	"securityContext": {
		"runAsNonRoot": true,
		"runAsUser": 1001,
		"seccompProfile": {"type": "RuntimeDefault"},
	},
}

api_versions := {
	"CronJob": "batch/v1",
	"DaemonSet": "apps/v1",
	"Deployment": "apps/v1",
	"Job": "batch/v1",
	"Pod": "v1",
	"PodTemplate": "v1",
	"ReplicaSet": "apps/v1",
	"ReplicationController": "v1",
	"Rollout": "argoproj.io/v1alpha1",
	"ScaledJob": "keda.sh/v1alpha1",
	"StatefulSet": "apps/v1",
}

container_lists := ["containers", "initContainers", "ephemeralContainers"]

# The input that conftest --combine would create from these documents.
combined(contents) := [{"path": "rendered.yaml", "contents": content} | some content in contents]

# A resource of any kind in the namespace shop.
resource(api_version, kind, name, rest) := object.union(
	{"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": "shop"}},
	rest,
)

# A workload of any kind, named cart.
workload(kind, spec) := _named(kind, "cart", spec)

_named(kind, name, spec) := resource(api_versions[kind], kind, name, _body(kind, spec))

_template(spec) := {"metadata": {"labels": {"app": "cart"}}, "spec": spec}

_body("Pod", spec) := {"metadata": {"labels": {"app": "cart"}}, "spec": spec}

_body("PodTemplate", spec) := {"template": _template(spec)}

_body("CronJob", spec) := {"spec": {"jobTemplate": {"spec": {"template": _template(spec)}}}}

_body("ScaledJob", spec) := {"spec": {"jobTargetRef": {"template": _template(spec)}}}

_body(kind, spec) := {"spec": {"template": _template(spec)}} if {
	not kind in {"Pod", "PodTemplate", "CronJob", "ScaledJob"}
}

# A Deployment with this name, which is also the label of its pods, and with these ports.
caller(name, ports) := resource("apps/v1", "Deployment", name, {"spec": {"template": {
	"metadata": {"labels": {"app": name}},
	"spec": {"containers": [{"name": "server", "ports": ports}]},
}}})

network_policy(name, spec) := resource("networking.k8s.io/v1", "NetworkPolicy", name, {"spec": spec})

# A target with one Deployment. Its pod spec is the example with these changes.
deployment(changes) := combined([workload("Deployment", object.union(pod_spec, changes))])

# The same with changes of the container.
server(changes) := deployment({"containers": [object.union(container, changes)]})

# A target with one workload of each kind, named after the kind, with this pod spec.
every_kind(spec) := combined([_named(kind, kind, spec) | some kind in kinds])

kinds := sort(object.keys(api_versions))

# A target with this container in each list of pod templates at each depth, named after kind and list.
everywhere(content) := combined([_named(place.kind, place.name, spec) |
	some place in _places
	spec := object.union(pod_spec, {place.list: [content]})
])

places := sort([place.name | some place in _places])

_places := [{"kind": kind, "list": list, "name": concat(" ", [kind, list])} |
	some kind in ["CronJob", "Deployment", "Pod"]
	some list in container_lists
]

# The container without the field at the path.
container_without(path) := json.remove(container, [path])

# The names of the resources that findings are about, one for each finding.
names(findings) := sort([finding.resource.name | some finding in findings])

messages(findings) := {finding.msg | some finding in findings}

# The automatic fixes of findings, by path.
autofixes(findings) := {finding.path: finding.mend | some finding in findings}

test_the_example_is_found_in_every_kind if {
	assert.size(pods.containers, count(kinds)) with input as every_kind(pod_spec)
}

test_the_example_is_found_in_every_place if {
	found := pods.containers with input as everywhere(object.union(container, {"name": "other"}))
	assert.same(sort([entry.pod.resource.name | some entry in found; entry.name == "other"]), places)
}
