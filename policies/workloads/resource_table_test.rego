package rules.workloads.resource_table_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.workloads.resource_table

_row := {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"cpu": "1000m", "memory": "0.25Gi"}}

_table := {"shop": {"cart": {"server": _row}}}

test_accepts_the_same_amounts_written_differently if {
	assert.none(resource_table.deny) with input as examples.deployment({}) with data.resources as _table
}

test_denies_other_amounts if {
	target := examples.server({"resources": {"requests": {"cpu": "200m"}, "limits": {"memory": null}}})
	assert.messages(resource_table.deny, {concat("", [
		"Deployment/cart: container server differs from the table `resources`: ",
		"requests.cpu is 200m instead of 100m, limits.memory is null instead of 0.25Gi",
	])}) with input as target with data.resources as _table
}

test_denies_a_missing_container if {
	target := examples.server({"name": "main"})
	assert.messages(resource_table.deny, {concat("", [
		"Namespace/shop: the table `resources` lists container server of cart, ",
		"which is not rendered",
	])}) with input as target with data.resources as _table
}

test_a_job_is_not_the_workload_of_the_table if {
	target := examples.combined([examples.workload("Job", examples.pod_spec)])
	assert.size(resource_table.deny, 1) with input as target with data.resources as _table
}

test_accepts_what_the_table_leaves_out if {
	table := {"elsewhere": {"cart": {"server": _row}}}
	target := examples.server({"resources": {"requests": {"cpu": "200m"}}})
	assert.none(resource_table.deny) with input as target with data.resources as table
}

test_asks_nothing_where_nothing_runs if {
	assert.none(resource_table.deny) with input as [] with data.resources as _table
}

test_another_workload_or_namespace_does_not_count if {
	table := {"shop": {"web": {"server": _row}}, "else": {"cart": {"server": _row}}}
	main := object.union(examples.container, {"name": "main"})
	spec := object.union(examples.pod_spec, {"containers": [main]})
	elsewhere := object.union(examples.workload("Deployment", spec), {"metadata": {"namespace": "else"}})
	target := array.concat(examples.deployment({}), examples.combined([elsewhere]))
	assert.messages(resource_table.deny, {
		"Namespace/else: the table `resources` lists container server of cart, which is not rendered",
		"Namespace/shop: the table `resources` lists container server of web, which is not rendered",
	}) with input as target with data.resources as table
}

test_an_init_container_does_not_count if {
	main := object.union(examples.container, {"name": "main"})
	target := examples.deployment({"containers": [main], "initContainers": [examples.container]})
	assert.size(resource_table.deny, 1) with input as target with data.resources as _table
}

test_denies_one_difference if {
	target := examples.server({"resources": {"limits": {"cpu": "2"}}})
	assert.messages(resource_table.deny, {
		"Deployment/cart: container server differs from the table `resources`: limits.cpu is 2 instead of 1000m",
	}) with input as target with data.resources as _table
}
