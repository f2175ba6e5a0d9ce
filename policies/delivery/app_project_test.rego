package rules.delivery.app_project_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.delivery.app_project

_project(spec) := examples.combined([examples.resource("argoproj.io/v1alpha1", "AppProject", "shop", {"spec": spec})])

test_accepts_what_is_named if {
	assert.none(app_project.deny) with input as _project({
		"sourceRepos": ["https://git.example/*"],
		"destinations": [{"server": "https://kubernetes.default.svc", "namespace": "shop"}],
		"clusterResourceWhitelist": [{"group": "", "kind": "Namespace"}],
	})
}

test_denies_any_destination if {
	every field in ["name", "namespace", "server"] {
		assert.messages(app_project.deny, {
			"AppProject/shop: allows everything in destinations",
		}) with input as _project({"destinations": [{field: "*"}]})
	}
}

test_denies_each_wildcard if {
	every place, spec in {
		"sourceRepos": {"sourceRepos": ["*"]},
		"destinations": {"destinations": [{"server": "*", "namespace": "shop"}]},
		"clusterResourceWhitelist": {"clusterResourceWhitelist": [{"group": "*", "kind": "*"}]},
		"namespaceResourceWhitelist": {"namespaceResourceWhitelist": [{"group": "apps", "kind": "*"}]},
	} {
		assert.messages(app_project.deny, {
			sprintf("AppProject/shop: allows everything in %s", [place]),
		}) with input as _project(spec)
	}
}
