package lib.pods_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.lib.pods

test_finds_the_pod_of_every_kind if {
	every kind, _ in examples.api_versions {
		found := pods.templates with input as examples.combined([examples.workload(kind, examples.pod_spec)])
		assert.same(
			[template | some template in found; template.spec == examples.pod_spec; template.labels == {"app": "cart"}],
			found,
		)
		assert.size(found, 1)
	}
}

test_points_at_the_pod if {
	workloads := [examples.workload(kind, examples.pod_spec) |
		some kind in ["CronJob", "Deployment", "Pod", "PodTemplate", "ScaledJob"]
	]
	found := pods.templates with input as examples.combined(workloads)
	assert.same({template.resource.kind: template.path | some template in found}, {
		"CronJob": "/spec/jobTemplate/spec/template/spec",
		"Deployment": "/spec/template/spec",
		"Pod": "/spec",
		"PodTemplate": "/template/spec",
		"ScaledJob": "/spec/jobTargetRef/template/spec",
	})
}

test_leaves_other_groups_kinds_alone if {
	foreign := examples.resource("batch.example/v1", "Job", "cart", {"spec": {"tasks": []}})
	assert.none(pods.templates) with input as examples.combined([foreign])
}

test_a_borrowed_template_is_its_owners if {
	rollout := examples.resource("argoproj.io/v1alpha1", "Rollout", "cart", {"spec": {"workloadRef": {"name": "cart"}}})
	assert.none(pods.templates) with input as examples.combined([rollout])
}

test_finds_containers_of_every_list if {
	spec := {list: [{"name": list}] | some list in examples.container_lists}
	found := pods.containers with input as examples.combined([examples.workload("Pod", spec)])
	assert.same({[container.title, container.name, container.path] | some container in found}, {
		["container", "containers", "/spec/containers/0"],
		["ephemeral container", "ephemeralContainers", "/spec/ephemeralContainers/0"],
		["init container", "initContainers", "/spec/initContainers/0"],
	})
}

test_finds_none_in_malformed_lists if {
	spec := {"containers": "server", "initContainers": ["server", null]}
	assert.none(pods.containers) with input as examples.combined([examples.workload("Pod", spec)])
}

test_finds_the_settings_of_pods_and_containers if {
	found := pods.contexts with input as examples.deployment({})
	assert.same([context.settings | some context in found], [
		examples.pod_spec.securityContext,
		examples.container.securityContext,
	])
}

test_knows_the_namespaces_in_use if {
	assert.same(pods.namespaces, {"shop"}) with input as examples.deployment({})
}

test_an_account_may_be_in_the_deprecated_field if {
	assert.same(pods.account({"spec": {"serviceAccountName": "a"}}), {"name": "a", "path": "/serviceAccountName"})
	assert.same(pods.account({"spec": {"serviceAccount": "b"}}), {"name": "b", "path": "/serviceAccount"})
	both := {"spec": {"serviceAccount": "b", "serviceAccountName": "a"}}
	assert.same(pods.account(both), {"name": "a", "path": "/serviceAccountName"})
	empty := {"spec": {"serviceAccount": "b", "serviceAccountName": ""}}
	assert.same(pods.account(empty), {"name": "b", "path": "/serviceAccount"})
	assert.same(pods.account({"spec": {}}), {"name": "", "path": "/serviceAccountName"})
}
