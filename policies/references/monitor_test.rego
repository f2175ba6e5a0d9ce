package rules.references.monitor_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.references.monitor

_service := examples.resource("v1", "Service", "cart", {
	"metadata": {"labels": {"app": "cart"}},
	"spec": {"ports": [{"name": "http", "port": 80}]},
})

_services(spec) := examples.resource("monitoring.coreos.com/v1", "ServiceMonitor", "cart", {"spec": object.union(
	{"selector": {"matchLabels": {"app": "cart"}}, "endpoints": [{"port": "http"}]},
	spec,
)})

_pods(spec) := examples.resource("monitoring.coreos.com/v1", "PodMonitor", "cart", {"spec": object.union(
	{"selector": {"matchLabels": {"app": "cart"}}, "podMetricsEndpoints": [{"port": "http"}]},
	spec,
)})

_deployment := examples.workload("Deployment", object.union(examples.pod_spec, {"containers": [object.union(
	examples.container,
	{"ports": [{"name": "http", "containerPort": 8080}]},
)]}))

test_accepts_what_selects_something_with_the_port if {
	target := examples.combined([_service, _deployment, _services({}), _pods({})])
	assert.none(monitor.deny | monitor.warn) with input as target
}

test_accepts_what_looks_into_other_namespaces if {
	elsewhere := object.union(_services({"namespaceSelector": {"any": true}}), {"metadata": {"namespace": "watch"}})
	assert.none(monitor.deny | monitor.warn) with input as examples.combined([_service, elsewhere])
	named := object.union(elsewhere, {"spec": {"namespaceSelector": {"any": false, "matchNames": ["shop"]}}})
	assert.none(monitor.deny | monitor.warn) with input as examples.combined([_service, named])
}

test_denies_what_selects_nothing if {
	nothing := {"selector": {"matchLabels": {"app": "web"}}}
	assert.messages(monitor.deny, {
		`ServiceMonitor/cart: selects no Service: {"matchLabels":{"app":"web"}}`,
		`PodMonitor/cart: selects no pod: {"matchLabels":{"app":"web"}}`,
	}) with input as examples.combined([_service, _deployment, _services(nothing), _pods(nothing)])
}

test_denies_ports_that_nothing_has if {
	assert.messages(monitor.deny, {
		"ServiceMonitor/cart: scrapes port metrics, which no selected Service has",
		"PodMonitor/cart: scrapes port metrics, which no selected pod has",
	}) with input as examples.combined([
		_service,
		_deployment,
		_services({"endpoints": [{"port": "metrics"}]}),
		_pods({"podMetricsEndpoints": [{"port": "metrics"}]}),
	])
}

test_warns_where_it_is_unknown if {
	messages := {`ServiceMonitor/cart: selects no Service: {"matchLabels":{"app":"cart"}}`}
	assert.messages(monitor.warn, messages) with input as examples.combined([_services({})])
	anywhere := _services({"namespaceSelector": {"any": true}})
	assert.messages(monitor.warn, messages) with input as examples.combined([anywhere])
}

_of_kubernetes(namespace, labels) := examples.combined([
	_service,
	examples.resource("v1", "Service", "kubernetes", {"metadata": {"namespace": namespace}}),
	_services({"selector": {"matchLabels": labels}, "namespaceSelector": {"matchNames": [namespace]}}),
])

test_accepts_monitors_of_kubernetes_itself if {
	every target in [
		_of_kubernetes("kube-system", {"k8s-app": "kube-dns"}),
		_of_kubernetes("kube-system", {"app.kubernetes.io/name": "kubelet"}),
		_of_kubernetes("default", {"component": "apiserver"}),
	] {
		assert.none(monitor.deny | monitor.warn) with input as target
	}
	assert.size(monitor.deny, 1) with input as _of_kubernetes("default", {"app": "web"})
}

_prometheus := examples.resource("monitoring.coreos.com/v1", "Prometheus", "k8s", {"spec": {"replicas": 2}})

test_warns_where_an_operator_creates_pods if {
	target := examples.combined([_deployment, _prometheus, _pods({"selector": {"matchLabels": {"app": "web"}}})])
	assert.none(monitor.deny) with input as target
}

test_looks_into_its_own_namespace_only if {
	elsewhere := {"metadata": {"namespace": "watch"}}
	monitors := [object.union(_services({}), elsewhere), object.union(_pods({}), elsewhere)]
	assert.messages(monitor.warn, {
		`ServiceMonitor/cart: selects no Service: {"matchLabels":{"app":"cart"}}`,
		`PodMonitor/cart: selects no pod: {"matchLabels":{"app":"cart"}}`,
	}) with input as examples.combined(array.concat([_service, _deployment], monitors))
}
