package rules.delivery.revision_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.delivery.revision

_from(source) := examples.combined([examples.resource("argoproj.io/v1alpha1", "Application", "shop", {"spec": {
	"source": source,
}})])

_repository(ref) := examples.combined([examples.resource("source.toolkit.fluxcd.io/v1", "GitRepository", "shop", {
	"spec": {"ref": ref},
})])

_table := {"branch": "main"}

test_accepts_the_branch if {
	assert.none(revision.deny) with input as _from({"targetRevision": "main"}) with data.delivery as _table
	assert.none(revision.deny) with input as _repository({"branch": "main"}) with data.delivery as _table
	assert.none(revision.deny) with input as _repository({"tag": "v1"}) with data.delivery as _table
}

test_accepts_any_branch_without_the_table if {
	assert.none(revision.deny) with input as _from({"targetRevision": "trunk"}) with data.delivery as {}
	assert.none(revision.deny) with input as _repository({"branch": "trunk"}) with data.delivery as {}
}

test_accepts_a_version_of_a_chart if {
	chart := {"chart": "redis", "targetRevision": "1.2.3"}
	assert.none(revision.deny) with input as _from(chart) with data.delivery as _table
}

test_accepts_a_branch_whose_name_would_be_a_range if {
	source := {"repoURL": "https://git.example/shop.git", "targetRevision": "next"}
	assert.none(revision.deny) with input as _from(source) with data.delivery as {"branch": "next"}
}

test_denies_no_revision_in_particular if {
	every source in [{"targetRevision": "HEAD"}, {"repoURL": "a"}] {
		assert.messages(revision.deny, {
			"Application/shop: sets no fixed revision",
		}) with input as _from(source)
	}
	assert.messages(revision.deny, {
		"GitRepository/shop: sets no ref",
	}) with input as _repository({})
}

test_denies_another_branch if {
	assert.messages(revision.deny, {
		"Application/shop: uses revision test instead of main",
	}) with input as _from({"targetRevision": "test"}) with data.delivery as _table
	assert.messages(revision.deny, {
		"GitRepository/shop: uses branch test instead of main",
	}) with input as _repository({"branch": "test"}) with data.delivery as _table
}

test_denies_a_range_of_charts if {
	every range in ["1.*", "^1.2.0", ">=1"] {
		assert.messages(revision.deny, {
			sprintf("Application/shop: accepts any chart version in %s", [range]),
		}) with input as _from({"chart": "redis", "targetRevision": range})
	}
}
