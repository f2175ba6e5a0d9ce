package rules.references.service_account_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.references.service_account

_pod := examples.workload("CronJob", object.union(examples.pod_spec, {"serviceAccountName": "cart"}))

_account(name) := examples.resource("v1", "ServiceAccount", name, {})

_messages := {"CronJob/cart: the pod uses ServiceAccount cart, which is not rendered"}

test_accepts_an_account_of_the_target if {
	assert.none(service_account.deny | service_account.warn) with input as examples.combined([_pod, _account("cart")])
}

test_accepts_the_default_account if {
	default_account := examples.workload("Job", object.union(examples.pod_spec, {"serviceAccountName": "default"}))
	unnamed := examples.workload("Pod", examples.pod_spec)
	target := examples.combined([default_account, unnamed, _account("cart")])
	assert.none(service_account.deny | service_account.warn) with input as target
}

test_denies_an_absent_account if {
	assert.messages(service_account.deny, _messages) with input as examples.combined([_pod, _account("web")])
}

test_warns_where_no_account_is_kept if {
	assert.messages(service_account.warn, _messages) with input as examples.combined([_pod])
	assert.none(service_account.deny) with input as examples.combined([_pod])
}

test_reads_the_deprecated_field if {
	pod := examples.workload("CronJob", object.union(examples.pod_spec, {"serviceAccount": "cart"}))
	assert.none(service_account.deny) with input as examples.combined([pod, _account("cart")])
	found := service_account.deny with input as examples.combined([pod, _account("web")])
	assert.messages(found, _messages)
	assert.same({one.path | some one in found}, {"/spec/jobTemplate/spec/template/spec/serviceAccount"})
}

test_names_no_namespace_where_none_is_stated if {
	unplaced := json.remove(_pod, ["metadata/namespace"])
	found := service_account.warn with input as examples.combined([unplaced])
	assert.same({one.fix | some one in found}, {"add ServiceAccount cart, or correct the name"})
}
