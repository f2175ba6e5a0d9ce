package change.others_test

import data.change.others
import data.lib.assert_test as assert

test_accepts_images_alone if {
	every found in [[], null] {
		assert.none(others.warn) with input as {"images": [], "others": found}
	}
}

test_warns_of_anything_else if {
	assert.same(others.warn, {{
		"msg": "changes more than images: Service/cart /spec/type",
		"fix": "make the other change in a separate commit",
	}}) with input as {"images": [], "others": ["Service/cart /spec/type"]}
}
