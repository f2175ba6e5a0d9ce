package rules.references.volume_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.references.volume

_mounts := {"volumeMounts": [{"name": "data", "mountPath": "/data"}]}

_pod(volumes) := object.union(examples.pod_spec, {
	"containers": [object.union(examples.container, _mounts)],
	"volumes": volumes,
})

test_accepts_volumes_of_the_pod if {
	target := examples.combined([examples.workload("Deployment", _pod([{"name": "data", "emptyDir": {}}]))])
	assert.none(volume.deny) with input as target
}

test_accepts_claim_templates if {
	claims := {"spec": {"volumeClaimTemplates": [{"metadata": {"name": "data"}}]}}
	target := examples.combined([object.union(examples.workload("StatefulSet", _pod([])), claims)])
	assert.none(volume.deny) with input as target
}

test_denies_what_only_another_claim_template_is_called if {
	claims := {"spec": {"volumeClaimTemplates": [{"metadata": {"name": "date"}}]}}
	assert.messages(volume.deny, {
		"StatefulSet/cart: container server mounts volume data, which the pod does not declare",
	}) with input as examples.combined([object.union(examples.workload("StatefulSet", _pod([])), claims)])
}

test_denies_undeclared_devices if {
	found := volume.deny with input as examples.server({"volumeDevices": [{"name": "disk", "devicePath": "/dev/disk"}]})
	assert.messages(found, {
		"Deployment/cart: container server mounts volume disk, which the pod does not declare",
	})
	assert.same({each.path | some each in found}, {"/spec/template/spec/containers/0/volumeDevices/0/name"})
}

test_denies_undeclared_volumes if {
	assert.messages(volume.deny, {
		"Deployment/cart: container server mounts volume data, which the pod does not declare",
	}) with input as examples.combined([examples.workload("Deployment", _pod([{"name": "date", "emptyDir": {}}]))])
}
