package rules.network.internal_tls_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.network.internal_tls

_table := {"issuer": "root", "passwords": ["database", "queue"]}

_manager := "cert-manager.io/v1"

_issuer := examples.resource(_manager, "Issuer", "root", {"spec": {"ca": {"secretName": "root"}}})

_certificate(issuer) := examples.resource(_manager, "Certificate", "database", {"spec": {
	"secretName": "database-tls",
	"issuerRef": {"name": issuer},
}})

_password(name) := {"env": [{"name": "URL", "valueFrom": {"secretKeyRef": {"name": name, "key": "url"}}}]}

_reader(password, volumes) := examples.workload("Deployment", object.union(examples.pod_spec, {
	"containers": [object.union(examples.container, _password(password))],
	"volumes": volumes,
}))

_volume(secret) := {"name": secret, "secret": {"secretName": secret}}

test_denies_a_client_that_trusts_nobody if {
	mounted := [_volume("other"), _volume("queue")]
	target := examples.combined([_reader("database", mounted), _issuer, _certificate("root")])
	assert.messages(internal_tls.deny, {concat("", [
		"Deployment/cart: reads Secret database, queue, ",
		"but none with the root of the certificates of the data stores: database-tls, root",
	])}) with input as target with data.internal_tls as _table
}

test_denies_it_where_another_authority_signed if {
	mounted := [_volume("database-tls")]
	target := examples.combined([_reader("database", mounted), _issuer, _certificate("other")])
	assert.size(internal_tls.deny, 1) with input as target with data.internal_tls as _table
}

test_accepts_the_root_and_what_it_signed if {
	every secret in ["root", "database-tls"] {
		target := examples.combined([_reader("queue", [_volume(secret)]), _issuer, _certificate("root")])
		assert.none(internal_tls.deny) with input as target with data.internal_tls as _table
	}
}

test_a_config_map_of_that_name_does_not_help if {
	mounted := [{"name": "root", "configMap": {"name": "root"}}]
	target := examples.combined([_reader("database", mounted), _issuer])
	assert.size(internal_tls.deny, 1) with input as target with data.internal_tls as _table
}

test_does_not_ask_who_reads_no_password if {
	target := examples.combined([_reader("other", []), _issuer])
	assert.none(internal_tls.deny) with input as target with data.internal_tls as _table
}

test_does_not_ask_without_tls if {
	changes := [{"name": "other"}, {"namespace": "market"}]
	elsewhere := [object.union(_issuer, {"metadata": change}) | some change in changes]
	every issuers in [[], elsewhere] {
		target := examples.combined(array.concat([_reader("database", [])], issuers))
		assert.none(internal_tls.deny) with input as target with data.internal_tls as _table
	}
}

test_another_workload_that_trusts_it_does_not_help if {
	neighbour := object.union(_reader("queue", [_volume("root")]), {"metadata": {"name": "web"}})
	target := examples.combined([_reader("database", []), neighbour, _issuer])
	assert.same(examples.names(internal_tls.deny), ["cart"]) with input as target with data.internal_tls as _table
}

test_the_root_of_another_namespace_does_not_help if {
	elsewhere := object.union(_certificate("root"), {"metadata": {"namespace": "market"}})
	target := examples.combined([_reader("database", [_volume("database-tls")]), _issuer, elsewhere])
	assert.size(internal_tls.deny, 1) with input as target with data.internal_tls as _table
}
