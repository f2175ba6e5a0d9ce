package rules.quota.fits_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.quota.fits

_quota(spec) := examples.resource("v1", "ResourceQuota", "all", {"spec": spec})

_target(hard) := examples.combined([_quota({"hard": hard}), object.union(
	examples.workload("Deployment", examples.pod_spec),
	{"spec": {"replicas": 3}},
)])

test_accepts_a_quota_that_is_just_enough if {
	assert.none(fits.deny | fits.warn) with input as _target({"pods": "4", "cpu": "0.4", "limits.memory": "1Gi"})
	assert.none(fits.deny | fits.warn) with input as _target({"count/widgets.example.com": "0"})
}

test_denies_what_does_not_fit if {
	assert.messages(fits.deny, {
		"ResourceQuota/all: cpu is 399m, but the maximum demand is 0.4: Deployment cart 4 × 0.1",
	}) with input as _target({"cpu": "399m"})
	assert.messages(fits.deny, {concat("", [
		"ResourceQuota/all: limits.memory is 1000Mi, but the maximum demand is 1Gi: ",
		"Deployment cart 4 × 0.25Gi",
	])}) with input as _target({"limits.memory": "1000Mi"})
	assert.messages(fits.deny, {
		"ResourceQuota/all: pods is 3, but the maximum demand is 4: Deployment cart 4 × 1",
	}) with input as _target({"pods": 3})
}

test_denies_one_byte_too_many if {
	assert.size(fits.deny, 1) with input as _target({"limits.memory": "1073741823"})
}

_jobs(number) := object.union(examples.workload("Job", examples.pod_spec), {
	"metadata": {"name": sprintf("jobs-%d", [number])},
	"spec": {"parallelism": number},
})

test_names_the_three_who_take_the_most if {
	assert.messages(fits.deny, {concat("", [
		"ResourceQuota/all: pods is 9, but the maximum demand is 10: ",
		"Job jobs-4 4 × 1, Job jobs-3 3 × 1, Job jobs-2 2 × 1",
	])}) with input as examples.combined(array.concat(
		[_quota({"hard": {"pods": 9}})],
		[_jobs(number) | some number in [1, 2, 3, 4]],
	))
}

_scoped(scope) := array.concat(_target({}), examples.combined([object.union(
	_quota({"hard": {"pods": "0"}, "scopes": [scope]}),
	{"metadata": {"name": "scoped"}},
)]))

test_denies_what_does_not_fit_its_scopes if {
	assert.messages(fits.deny, {
		"ResourceQuota/scoped: pods is 0, but the maximum demand is 4: Deployment cart 4 × 1",
	}) with input as _scoped("NotTerminating")
	assert.none(fits.deny | fits.warn) with input as _scoped("Terminating")
}

test_warns_of_scopes_that_are_not_known if {
	target := _scoped("CrossNamespacePodAffinity")
	assert.messages(fits.warn, {concat("", [
		"ResourceQuota/scoped: has unknown scopes: ",
		"CrossNamespacePodAffinity",
	])}) with input as target
	assert.none(fits.deny) with input as target
}

test_warns_of_what_cannot_be_counted if {
	daemons := examples.workload("DaemonSet", examples.pod_spec)
	target := array.concat(_target({"pods": "4"}), examples.combined([daemons]))
	assert.messages(fits.warn, {
		"ResourceQuota/all: does not count DaemonSet cart, because its number of pods is unknown",
	}) with input as target
	assert.none(fits.deny) with input as target
	elsewhere := examples.combined([object.union(daemons, {"metadata": {"namespace": "else"}})])
	assert.none(fits.warn) with input as array.concat(_target({"pods": "4"}), elsewhere)
	assert.messages(fits.deny, {
		"ResourceQuota/all: pods is 4, but the maximum demand is 7: Deployment cart 4 × 1, DaemonSet cart 3 × 1",
	}) with input as target with data.cluster as {"nodes": 3}
	assert.none(fits.warn) with input as target with data.cluster as {"nodes": 3}
}
