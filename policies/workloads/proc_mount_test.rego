package rules.workloads.proc_mount_test

import data.lib.examples_test as examples
import data.rules.workloads.proc_mount

test_accepts_the_default if {
	count(proc_mount.deny) == 0 with input as examples.deployment({})
	count(proc_mount.deny) == 0 with input as examples.server({"securityContext": {"procMount": "Default"}})
}

test_denies_unmasked if {
	target := examples.server({"securityContext": {"procMount": "Unmasked"}})
	examples.messages(proc_mount.deny) == {
		"Deployment/cart: container server mounts /proc as Unmasked",
	} with input as target
}

test_denies_everywhere if {
	bad := object.union(examples.container, {"securityContext": {"procMount": "Unmasked"}})
	examples.names(proc_mount.deny) == examples.places with input as examples.everywhere(bad)
}
