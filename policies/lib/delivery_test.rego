package lib.delivery_test

import data.lib.assert_test as assert
import data.lib.delivery
import data.lib.examples_test as examples

_api := "argoproj.io/v1alpha1"

test_applications_of_a_set_count if {
	set := examples.resource(_api, "ApplicationSet", "all", {"spec": {"template": {"spec": {"project": "shop"}}}})
	[application] := delivery.applications with input as examples.combined([set])
	assert.same(application.spec.project, "shop")
	found := delivery.about(application, {"msg": "is wrong", "fix": "fix it", "path": "/project"})
	assert.same([found.msg, found.path], ["ApplicationSet/all: is wrong", "/spec/template/spec/project"])
}

test_an_application_is_its_own_spec if {
	target := examples.combined([examples.resource(_api, "Application", "shop", {"spec": {"project": "shop"}})])
	[application] := delivery.applications with input as target
	assert.same([application.path, application.spec], ["/spec", {"project": "shop"}])
	found := delivery.about(application, {"msg": "is wrong", "fix": "fix it", "path": "/project"})
	assert.same([found.msg, found.path], ["Application/shop: is wrong", "/spec/project"])
}

test_one_source_or_several if {
	one := {"spec": {"source": {"repoURL": "a"}}}
	assert.same([[source.content.repoURL, source.path] | some source in delivery.sources(one)], [["a", "/source"]])
	several := {"spec": {"sources": [{"repoURL": "a"}, null, {"repoURL": "b"}]}}
	assert.same([[source.content.repoURL, source.path] | some source in delivery.sources(several)], [
		["a", "/sources/0"],
		["b", "/sources/2"],
	])
}

test_kustomizations_are_fluxs if {
	flux := examples.resource("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "shop", {})
	assert.size(delivery.kustomizations, 1) with input as examples.combined([flux])
}
