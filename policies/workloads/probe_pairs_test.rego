package rules.workloads.probe_pairs_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.workloads.probe_pairs

_strict := {"shop": ["conventions"]}

_same := {
	"livenessProbe": {"httpGet": {"path": "/ready", "port": 8080}, "periodSeconds": 20},
	"readinessProbe": {"httpGet": {"path": "/ready", "port": 8080}},
}

test_accepts_different_questions if {
	assert.none(probe_pairs.deny) with input as examples.server({}) with data.strict as _strict
	assert.none(probe_pairs.deny)
		with input as examples.deployment({"containers": [{"name": "server"}]})
		with data.strict as _strict
}

test_accepts_a_startup_probe if {
	started := object.union(_same, {"startupProbe": {"tcpSocket": {"port": 8080}}})
	assert.none(probe_pairs.deny) with input as examples.server(started) with data.strict as _strict
}

test_denies_the_same_question if {
	assert.messages(probe_pairs.deny, {
		"Deployment/cart: container server has the same check in livenessProbe and readinessProbe, and no startupProbe",
	}) with input as examples.server(_same) with data.strict as _strict
}

test_warns_elsewhere if {
	assert.size(probe_pairs.warn, 1) with input as examples.server(_same)
	assert.none(probe_pairs.deny) with input as examples.server(_same)
}

test_does_not_warn_where_strict if {
	assert.none(probe_pairs.warn) with input as examples.server(_same) with data.strict as _strict
}

test_compares_every_kind_of_question if {
	every kind in ["exec", "grpc", "httpGet", "tcpSocket"] {
		probe := {kind: {"port": 8080}}
		same := {"name": "server", "livenessProbe": probe, "readinessProbe": probe}
		assert.size(probe_pairs.deny, 1) with input as examples.deployment({"containers": [same]})
			with data.strict as _strict
	}
}
