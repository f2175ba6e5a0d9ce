package lib.services_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.lib.services

_service(spec) := examples.resource("v1", "Service", "cart", {"spec": spec})

_found(spec) := examples.combined([_service(spec), examples.workload("Deployment", examples.pod_spec)])

test_finds_the_pods_of_a_service if {
	[found] := services.selecting with input as _found({"selector": {"app": "cart"}, "ports": [{"port": 80}, null]})
	assert.same([pod.resource.name | some pod in found.pods], ["cart"])
	assert.same([found.ports, found.is_headless], [[{"port": 80}], false])
}

test_leaves_out_what_finds_no_pods_itself if {
	assert.none(services.selecting) with input as _found({})
	assert.none(services.selecting) with input as _found({"selector": {}})
	assert.none(services.selecting) with input as _found({"type": "ExternalName", "selector": {"app": "cart"}})
}

test_knows_headless_services if {
	[found] := services.selecting with input as _found({"clusterIP": "None", "selector": {"app": "cart"}})
	found.is_headless
}
