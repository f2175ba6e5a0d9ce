package rules.delivery.flux_source_test

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
		count(flux_source.deny) == 0 with input as examples.combined([_flux(reference), _repository])
	}
}

test_looks_where_the_reference_says if {
	reference := {"kind": "GitRepository", "name": "shop", "namespace": "sources"}
	there := object.union(_repository, {"metadata": {"namespace": "sources"}})
	count(flux_source.deny | flux_source.warn) == 0 with input as examples.combined([_flux(reference), there])
	examples.messages(flux_source.deny) == {
		"Kustomization/shop: applies GitRepository sources/shop, which is not rendered",
	} with input as examples.combined([_flux(reference), _repository])
}

test_denies_a_source_that_is_not_there if {
	examples.messages(flux_source.deny) == {
		"Kustomization/shop: applies GitRepository shop/web, which is not rendered",
	} with input as examples.combined([_flux({"kind": "GitRepository", "name": "web"}), _repository])
}

test_warns_where_no_source_is_rendered if {
	target := examples.combined([_flux({"kind": "GitRepository", "name": "web"})])
	count(flux_source.warn) == 1 with input as target
	count(flux_source.deny) == 0 with input as target
}
