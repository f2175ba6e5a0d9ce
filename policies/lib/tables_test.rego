package lib.tables_test

import data.lib.assert_test as assert
import data.lib.tables

test_none_is_missing if {
	assert.none(tables.missing) with data.alerts as {}
		with data.autoscaling as {}
		with data.cluster as {}
		with data.demo as {}
		with data.edge as {}
		with data.environments as {}
		with data.flows as {}
		with data.images as {}
		with data.internal_tls as {}
		with data.overcommit as {}
		with data.registries as {}
		with data.resources as {}
		with data.retired_images as []
		with data.service_accounts as {}
		with data.storage as {}
}

test_each_may_be_missing if {
	found := tables.missing with data.alerts as false
		with data.autoscaling as false
		with data.cluster as false
		with data.demo as false
		with data.edge as false
		with data.environments as false
		with data.flows as false
		with data.images as false
		with data.internal_tls as false
		with data.overcommit as false
		with data.registries as false
		with data.resources as false
		with data.retired_images as false
		with data.service_accounts as false
		with data.storage as false
	assert.same(found, {
		"alerts",
		"autoscaling",
		"cluster",
		"demo",
		"edge",
		"environments",
		"flows",
		"images",
		"internal_tls",
		"overcommit",
		"registries",
		"resources",
		"retired_images",
		"service_accounts",
		"storage",
	})
}

test_misses_only_what_the_rules_read if {
	assert.same(tables.missed, {"demo"}) with data.cluster as false
		with data.demo as false
		with data.target as {"tables": ["demo", "environments"]}
		with data.environments as {}
	not "cluster" in tables.missed with data.cluster as false with data.target as {"tables": []}
}

test_all_tables_are_required_without_a_list if {
	"cluster" in tables.missed with data.cluster as false with data.target as {"live": true}
}
