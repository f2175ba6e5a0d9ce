package rules.delivery.flux_kustomization_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.delivery.flux_kustomization

_whole := {"interval": "10m", "prune": true, "serviceAccountName": "shop", "timeout": "10m", "wait": true}

_flux(spec) := examples.combined([examples.resource("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "shop", {
	"spec": spec,
})])

test_accepts_all_of_it if {
	assert.none(flux_kustomization.deny) with input as _flux(_whole)
	checked := object.union(object.remove(_whole, ["wait"]), {"healthChecks": [{"kind": "Deployment"}]})
	assert.none(flux_kustomization.deny) with input as _flux(checked)
}

test_denies_each_omission if {
	every field, message in {
		"interval": "does not set how often it runs (interval)",
		"prune": "keeps objects that were removed from Git (prune)",
		"serviceAccountName": "uses the permissions of the controller (serviceAccountName)",
		"timeout": "does not set how long it waits (timeout)",
		"wait": "does not wait until the applied objects are ready (wait)",
	} {
		assert.messages(flux_kustomization.deny, {
			sprintf("Kustomization/shop: %s", [message]),
		}) with input as _flux(object.remove(_whole, [field]))
	}
}

test_denies_force if {
	assert.messages(flux_kustomization.deny, {
		"Kustomization/shop: replaces objects with immutable changes and deletes their data (force)",
	}) with input as _flux(object.union(_whole, {"force": true}))
}
