package lib.versions_test

import data.lib.assert_test as assert
import data.lib.versions

test_numbers_are_compared_as_numbers if {
	every pair in [
		["1.9.0", "1.10.0"],
		["v1.2", "v1.2.1"],
		["8-alpine", "9-alpine"],
		["1.5.0-rc.1", "1.5.0"],
		["1.4.0", "1.5.0-rc.1"],
		["v1.5.0-rc.1", "v1.5.0"],
		["v1.5.0-rc.1", "1.5.0"],
		["1.5.0-rc.1", "v1.5.0"],
		["9.0", "10.0"],
	] {
		versions.is_older(pair[0], pair[1])
		not versions.is_older(pair[1], pair[0])
	}
	every same in ["1.5", "1.5.0", "v1.5.0"] {
		not versions.is_older("1.5.0", same)
		not versions.is_older(same, "1.5.0")
	}
}

test_nothing_is_guessed if {
	every pair in [
		["latest", "1.0.0"],
		["8-alpine", "9-debian"],
		["8.0.0-alpine", "9.0.0-debian"],
		["2024-01-02", "3f2a1bc"],
		["1.2.3.4", "2.0.0"],
	] {
		not versions.is_older(pair[0], pair[1])
		not versions.is_older(pair[1], pair[0])
	}
	every tag in ["", "latest", "1.2.3.4"] {
		not versions.parse(tag)
	}
}

test_the_major_number_comes_first if {
	assert.same(versions.major("v3.1"), 3)
	not versions.major("latest")
}
