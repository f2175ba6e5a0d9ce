package lib.resource_quantity_test

import data.lib.resource_quantity

test_the_same_amount_written_differently if {
	every pair in [
		["2", "2000m"],
		[2, "2"],
		[0.5, "500m"],
		["1Gi", "1024Mi"],
		["1k", "1e3"],
		["10G", "1e10"],
		["0.1", "100m"],
	] {
		resource_quantity.are_equal(pair[0], pair[1])
	}
}

test_different_amounts if {
	every pair in [["1Gi", "1G"], ["1M", "1m"], ["1", "1Ki"]] {
		not resource_quantity.are_equal(pair[0], pair[1])
	}
}

test_invalid_quantities if {
	every wrong in ["", "much", "1 Gi", "-1", "1GiB", "1gi", "1K", null, true, {}, []] {
		not resource_quantity.is_positive(wrong)
	}
	not resource_quantity.is_positive(0)
	not resource_quantity.is_positive("0")
	resource_quantity.is_positive("1m")
}
