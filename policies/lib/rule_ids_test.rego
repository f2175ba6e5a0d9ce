package lib.rule_ids_test

import data.lib.assert_test as assert
import data.lib.rule_ids

test_names_the_folder_and_the_rule if {
	assert.same(rule_ids.of("images", "tag"), "images.tag")
}

test_keeps_the_ids_of_moved_rules if {
	assert.same(rule_ids.of("pod_security", "privileged"), "workloads.privileged")
}
