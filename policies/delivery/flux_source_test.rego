package rules.delivery.flux_source_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.delivery.flux_source

_flux(reference) := examples.resource("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "shop", {
	"spec": {"sourceRef": reference},
})

_repository := examples.resource("source.toolkit.fluxcd.io/v1", "GitRepository", "shop", {})

test_accepts_a_rendered_source if {
	every reference in [{"kind": "GitRepository", "name": "shop"}, {
		"kind": "GitRepository",
		"name": "shop",
		"namespace": "shop",
	}] {
		assert.none(flux_source.deny) with input as examples.combined([_flux(reference), _repository])
	}
}

test_looks_where_the_reference_says if {
	reference := {"kind": "GitRepository", "name": "shop", "namespace": "sources"}
	there := object.union(_repository, {"metadata": {"namespace": "sources"}})
	assert.none(flux_source.deny | flux_source.warn) with input as examples.combined([_flux(reference), there])
	assert.messages(flux_source.deny, {
		"Kustomization/shop: applies GitRepository sources/shop, which is not rendered",
	}) with input as examples.combined([_flux(reference), _repository])
}

test_denies_a_source_that_is_not_there if {
	assert.messages(flux_source.deny, {
		"Kustomization/shop: applies GitRepository shop/web, which is not rendered",
	}) with input as examples.combined([_flux({"kind": "GitRepository", "name": "web"}), _repository])
}

test_warns_where_no_source_is_rendered if {
	target := examples.combined([_flux({"kind": "GitRepository", "name": "web"})])
	assert.size(flux_source.warn, 1) with input as target
	assert.none(flux_source.deny) with input as target
}
