package rules.workloads.duplicates_test

import data.lib.examples_test as examples
import data.rules.workloads.duplicates

test_accepts_what_differs if {
	count(duplicates.deny) == 0 with input as examples.server({
		"env": [{"name": "A"}, {"name": "B"}],
		"ports": [{"containerPort": 80}, {"containerPort": 81}],
		"volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}, {"name": "tmp", "mountPath": "/var/tmp"}],
	})
}

test_denies_what_stands_twice if {
	target := examples.server({
		"env": [{"name": "A", "value": "1"}, {"name": "B"}, {"name": "A", "value": "2"}],
		"ports": [{"name": "http", "containerPort": 80}, {"name": "http", "containerPort": 81}],
		"volumeMounts": [{"name": "a", "mountPath": "/tmp"}, {"name": "b", "mountPath": "/tmp"}],
	})
	examples.messages(duplicates.deny) == {
		"Deployment/cart: container server has the variable A twice",
		"Deployment/cart: container server has the port http twice",
		"Deployment/cart: container server has the mount at /tmp twice",
	} with input as target
}

test_denies_it_in_every_container if {
	twice := object.union(examples.container, {"env": [{"name": "A"}, {"name": "A"}]})
	found := duplicates.deny with input as examples.everywhere(twice)
	examples.names(found) == examples.places
}
