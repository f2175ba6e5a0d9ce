package rules.delivery.project_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.delivery.project

_api := "argoproj.io/v1alpha1"

_application(name) := examples.resource(_api, "Application", "shop", {"spec": {
	"project": name,
	"source": {"repoURL": "https://git.example/shop.git"},
	"destination": {"namespace": "shop"},
}})

_project(spec) := examples.resource(_api, "AppProject", "shop", {"spec": object.union(
	{
		"sourceRepos": ["https://git.example/*"],
		"destinations": [{"namespace": "shop"}],
	},
	spec,
)})

test_accepts_a_project_that_allows_it if {
	assert.none(project.deny) with input as examples.combined([_application("shop"), _project({})])
	assert.none(project.deny) with input as examples.combined([_application("elsewhere")])
}

test_accepts_what_another_project_does_not_allow if {
	other := object.union(_project({}), {"metadata": {"name": "web"}, "spec": {"sourceRepos": [], "destinations": []}})
	assert.none(project.deny) with input as examples.combined([_application("shop"), _project({}), other])
}

test_denies_no_project if {
	every name in ["default", "", null] {
		assert.messages(project.deny, {
			"Application/shop: does not belong to a dedicated project",
		}) with input as examples.combined([_application(name)])
	}
}

test_denies_a_repository_that_the_project_does_not_allow if {
	target := examples.combined([_application("shop"), _project({"sourceRepos": ["https://git.example/web.git"]})])
	assert.messages(project.deny, {
		"Application/shop: uses repository https://git.example/shop.git, which its project shop does not allow",
	}) with input as target
}

test_denies_a_namespace_that_the_project_does_not_allow if {
	target := examples.combined([_application("shop"), _project({"destinations": [{"namespace": "web"}]})])
	assert.messages(project.deny, {
		"Application/shop: uses namespace shop, which its project shop does not allow",
	}) with input as target
}
