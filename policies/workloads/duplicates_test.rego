package rules.workloads.duplicates_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.workloads.duplicates

test_accepts_what_differs if {
	assert.none(duplicates.deny) with input as examples.server({
		"env": [{"name": "A"}, {"name": "B"}],
		"ports": [{"containerPort": 80}, {"containerPort": 81}],
		"volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}, {"name": "tmp", "mountPath": "/var/tmp"}],
	})
}

test_denies_duplicates if {
	target := examples.server({
		"env": [{"name": "A", "value": "1"}, {"name": "B"}, {"name": "A", "value": "2"}],
		"ports": [{"name": "http", "containerPort": 80}, {"name": "http", "containerPort": 81}],
		"volumeMounts": [{"name": "a", "mountPath": "/tmp"}, {"name": "b", "mountPath": "/tmp"}],
	})
	assert.messages(duplicates.deny, {
		"Deployment/cart: container server has the variable A twice",
		"Deployment/cart: container server has the port http twice",
		"Deployment/cart: container server has the mount at /tmp twice",
	}) with input as target
}

test_denies_two_ports_of_one_number if {
	target := examples.server({"ports": [
		{"containerPort": 53, "name": "a"},
		{"containerPort": 53, "name": "b", "protocol": "UDP"},
		{"containerPort": 53, "name": "c", "protocol": "TCP"},
	]})
	assert.messages(duplicates.deny, {
		"Deployment/cart: container server declares port 53/TCP twice",
	}) with input as target
	assert.none(duplicates.warn) with input as target
}

_pod(spec) := examples.deployment(spec)

_listening(name, port) := {"name": name, "ports": [port]}

test_accepts_ports_of_containers_that_run_one_after_the_other if {
	target := _pod({
		"containers": [_listening("a", {"containerPort": 80, "name": "http"})],
		"initContainers": [_listening("b", {"containerPort": 80, "name": "http"})],
	})
	assert.none(duplicates.deny | duplicates.warn) with input as target
}

test_warns_of_a_port_in_two_containers if {
	target := _pod({
		"containers": [_listening("a", {"containerPort": 80}), _listening("b", {"containerPort": 81, "name": "http"})],
		"initContainers": [object.union(
			_listening("c", {"containerPort": 80, "name": "http", "protocol": "UDP"}),
			{"restartPolicy": "Always"},
		)],
	})
	assert.messages(duplicates.warn, {
		"Deployment/cart: the pod has port http in several containers: b, c",
	}) with input as target
	same := _pod({"containers": [_listening("a", {"containerPort": 80}), _listening("b", {"containerPort": 80})]})
	assert.messages(duplicates.warn, {
		"Deployment/cart: the pod has port 80/TCP in several containers: a, b",
	}) with input as same
	assert.none(duplicates.deny) with input as same
}

test_denies_containers_and_volumes_of_one_name if {
	assert.messages(duplicates.deny, {
		"Deployment/cart: the pod has two entries named a, each a container",
		"Deployment/cart: the pod has two entries named tmp, each a volume",
	}) with input as _pod({
		"containers": [{"name": "a"}, {"name": "b"}],
		"initContainers": [{"name": "a"}],
		"volumes": [{"name": "tmp"}, {"name": "data"}, {"name": "tmp"}],
	})
}

test_denies_it_in_every_container if {
	twice := object.union(examples.container, {
		"name": "other",
		"env": [{"name": "A"}, {"name": "A"}],
	})
	found := duplicates.deny with input as examples.everywhere(twice)
	assert.same(examples.names(found), examples.places)
}

test_denies_an_ephemeral_container_of_the_name_of_another if {
	assert.messages(duplicates.deny, {
		"Deployment/cart: the pod has two entries named a, each a container",
	}) with input as _pod({"containers": [{"name": "a"}], "ephemeralContainers": [{"name": "a"}]})
}
