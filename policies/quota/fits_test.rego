package rules.quota.fits_test

import data.lib.examples_test as examples
import data.rules.quota.fits

_quota(spec) := examples.resource("v1", "ResourceQuota", "all", {"spec": spec})

_target(hard) := examples.combined([_quota({"hard": hard}), object.union(
	examples.workload("Deployment", examples.pod_spec),
	{"spec": {"replicas": 3}},
)])

test_accepts_a_quota_that_is_just_enough if {
	count(fits.deny | fits.warn) == 0 with input as _target({"pods": "4", "cpu": "0.4", "limits.memory": "1Gi"})
	count(fits.deny | fits.warn) == 0 with input as _target({"count/widgets.example.com": "0"})
}

test_denies_what_does_not_fit if {
	examples.messages(fits.deny) == {
		"ResourceQuota/all: cpu is 399m, and everything at its largest takes 0.4: Deployment cart 4 × 0.1",
	} with input as _target({"cpu": "399m"})
	examples.messages(fits.deny) == {concat("", [
		"ResourceQuota/all: limits.memory is 1000Mi, and everything at its largest takes 1Gi: ",
		"Deployment cart 4 × 0.25Gi",
	])} with input as _target({"limits.memory": "1000Mi"})
}

test_warns_of_scopes if {
	examples.messages(fits.warn) == {
		"ResourceQuota/all: has scopes, so whether everything fits cannot be told here",
	} with input as examples.combined([_quota({"hard": {"pods": "0"}, "scopes": ["NotTerminating"]})])
}

test_warns_of_what_cannot_be_counted if {
	target := array.concat(_target({"pods": "4"}), examples.combined([examples.workload("DaemonSet", examples.pod_spec)]))
	examples.messages(fits.warn) == {
		"ResourceQuota/all: does not count DaemonSet cart, whose number of pods is not known here",
	} with input as target
	count(fits.deny) == 0 with input as target
}
