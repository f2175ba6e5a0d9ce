package lib.finding_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.lib.finding
import data.lib.pods

_said := {"msg": "is wrong", "fix": "fix it", "path": "/field"}

_cart := {"apiVersion": "apps/v1", "kind": "Deployment", "namespace": "shop", "name": "cart"}

test_about_a_resource if {
	assert.same(finding.about(_cart, _said), {
		"msg": "Deployment/cart: is wrong",
		"fix": "fix it",
		"resource": _cart,
		"container": "",
		"path": "/field",
	})
}

test_a_finding_may_be_a_warning_in_general if {
	assert.same(finding.about(_cart, object.union(_said, {"general": "warn"})).general, "warn")
}

test_about_the_target if {
	assert.same(finding.about_target(_said), {
		"msg": "is wrong",
		"fix": "fix it",
		"resource": {"apiVersion": "", "kind": "", "namespace": "", "name": ""},
		"container": "",
		"path": "",
	})
}

test_about_a_pod if {
	templates := pods.templates with input as examples.deployment({})
	assert.same(finding.about_pod(templates[0], _said), {
		"msg": "Deployment/cart: is wrong",
		"fix": "fix it",
		"resource": _cart,
		"container": "",
		"path": "/spec/template/spec/field",
	})
}

test_about_a_container if {
	containers := pods.containers with input as examples.deployment({})
	assert.same(finding.about_container(containers[0], _said), {
		"msg": "Deployment/cart: container server is wrong",
		"fix": "fix it",
		"resource": _cart,
		"container": "server",
		"path": "/spec/template/spec/containers/0/field",
	})
}

test_about_either if {
	containers := pods.containers with input as examples.deployment({})
	assert.same(finding.about_holder(containers[0], _said), finding.about_container(containers[0], _said))
	assert.same(finding.about_holder(containers[0].pod, _said).msg, "Deployment/cart: the pod is wrong")
}

test_about_a_namespace if {
	assert.same(finding.about_namespace("shop", _said).resource, {
		"apiVersion": "v1",
		"kind": "Namespace",
		"namespace": "",
		"name": "shop",
	})
}

test_with_an_automatic_fix if {
	containers := pods.containers with input as examples.deployment({})
	set := finding.about_container(containers[0], object.union(_said, {"set": false}))
	assert.same([set.mend, set.path], [{"set": false}, "/spec/template/spec/containers/0/field"])
	assert.same(finding.about_pod(containers[0].pod, object.union(_said, {"remove": true})).mend, {"remove": true})
}
