package rules.images.facts_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.images.facts

_row := {
	"repository": "registry.example/shop/cart",
	"user": 1001,
	"group": 1002,
	"ports": [8080],
	"writes": ["/tmp"],
	"shares": ["/backup"],
	"source": "its Dockerfile",
}

_mount := [{"name": "tmp", "mountPath": "/tmp"}]

_settings := {"runAsUser": 1001, "runAsGroup": 1002, "fsGroup": 1002}

_container := object.union(examples.container, {"volumeMounts": _mount, "ports": [{"containerPort": 8080}]})

_spec(container) := {
	"securityContext": object.union(examples.pod_spec.securityContext, _settings),
	"containers": [object.union(_container, container)],
	"volumes": [{"name": "tmp", "emptyDir": {}}, {"name": "config", "configMap": {"name": "cart"}}],
}

_here := {"shop": {}}

_differs(body) := {concat("", [
	"Deployment/cart: container server differs from the table `images` for registry.example/shop/cart: ",
	body,
])}

test_accepts_what_is_known_of_another_image if {
	other := object.union(_row, {"repository": "registry.example/shop/web", "user": 1003})
	assert.none(facts.deny) with input as examples.deployment(_spec({}))
		with data.images as [other, _row]
		with data.environments as _here
}

test_accepts_every_volume_that_is_never_written if {
	every kind in ["configMap", "downwardAPI", "image", "projected", "secret"] {
		mounts := array.concat(_mount, [{"name": "files", "mountPath": "/etc/cart"}])
		volumes := {"volumes": [{"name": "tmp", "emptyDir": {}}, {"name": "files", kind: {"reference": "else.example/any"}}]}
		target := examples.deployment(object.union(_spec({"volumeMounts": mounts}), volumes))
		assert.none(facts.deny) with input as target with data.images as [_row] with data.environments as _here
	}
}

test_accepts_an_init_container_that_writes_nowhere if {
	init := {"name": "init", "image": examples.container.image}
	assert.none(facts.deny) with input as examples.deployment(object.union(_spec({}), {"initContainers": [init]}))
		with data.images as [_row]
		with data.environments as _here
}

test_accepts_what_the_table_says if {
	assert.none(facts.deny) with input as examples.deployment(_spec({}))
		with data.images as [_row]
		with data.environments as _here
}

test_accepts_files_that_are_only_read if {
	mounts := array.concat(_mount, [
		{"name": "config", "mountPath": "/etc/cart"},
		{"name": "data", "mountPath": "/data", "readOnly": true},
	])
	assert.none(facts.deny) with input as examples.deployment(_spec({"volumeMounts": mounts}))
		with data.images as [_row]
		with data.environments as _here
}

test_denies_another_user if {
	target := examples.deployment(_spec({"securityContext": {"runAsUser": 1003}}))
	assert.messages(facts.deny, _differs("runAsUser is 1003 instead of 1001")) with input as target
		with data.images as [_row]
		with data.environments as _here
}

test_denies_another_group_of_the_pod if {
	settings := {"securityContext": {"runAsGroup": 1001, "fsGroup": null}}
	target := examples.deployment(object.union(_spec({}), settings))
	assert.messages(facts.deny, _differs(concat(", ", [
		"fsGroup is null instead of 1002",
		"runAsGroup is 1001 instead of 1002",
	]))) with input as target
		with data.images as [_row]
		with data.environments as _here
}

test_accepts_any_user_where_none_is_known if {
	row := json.remove(_row, ["user", "group"])
	assert.none(facts.deny) with input as examples.deployment(_spec({"securityContext": {"runAsUser": 1003}}))
		with data.images as [row]
		with data.environments as _here
}

test_denies_a_port_on_which_nothing_listens if {
	target := examples.deployment(_spec({"ports": [{"containerPort": 8081}]}))
	assert.messages(facts.deny, _differs("port 8081")) with input as target
		with data.images as [_row]
		with data.environments as _here
}

test_denies_a_path_that_is_not_the_images if {
	mounts := array.concat(_mount, [{"name": "data", "mountPath": "/data"}])
	target := examples.deployment(_spec({"volumeMounts": mounts}))
	assert.messages(facts.deny, _differs("may write to /data")) with input as target
		with data.images as [_row]
		with data.environments as _here
}

test_denies_a_path_that_is_missing if {
	read_only := [object.union(_mount[0], {"readOnly": true})]
	target := examples.deployment(_spec({"volumeMounts": read_only}))
	assert.messages(facts.deny, _differs("cannot write to /tmp")) with input as target
		with data.images as [_row]
		with data.environments as _here
}

test_accepts_a_job_that_writes_elsewhere if {
	container := {"volumeMounts": [{"name": "backup", "mountPath": "/backup"}]}
	target := examples.combined([examples.workload("Job", object.union(examples.pod_spec, _spec(container)))])
	assert.none(facts.deny) with input as target with data.images as [_row] with data.environments as _here
}

test_denies_an_image_of_which_nothing_is_known if {
	assert.messages(facts.deny, {concat("", [
		"Deployment/cart: container server uses registry.example/shop/cart, ",
		"which is not in the table `images`",
	])}) with input as examples.deployment(_spec({})) with data.images as [] with data.environments as _here
}

test_asks_nothing_of_other_namespaces if {
	assert.none(facts.deny) with input as examples.deployment({})
		with data.images as []
		with data.environments as {"elsewhere": {}}
}
