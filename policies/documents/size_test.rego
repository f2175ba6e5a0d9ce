package rules.documents.size_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.documents.size

_holding(kind, content) := examples.combined([examples.resource("v1", kind, "cart", content)])

# 64 KiB, and the same size in characters of two bytes.
_text := concat("", ["0123456789abcdef" | some _ in numbers.range(1, 4096)])

_umlauts := concat("", ["äöüßäöüß" | some _ in numbers.range(1, 4096)])

_times(text, number) := {sprintf("%d", [index]): text | some index in numbers.range(1, number)}

test_accepts_a_mebibyte if {
	assert.none(size.deny) with input as _holding("ConfigMap", {"data": _times(_text, 16)})
	assert.none(size.deny) with input as _holding("ConfigMap", {"data": _times(_umlauts, 16)})
	assert.none(size.deny) with input as _holding("Secret", {"data": _times(_text, 21)})
	assert.none(size.deny) with input as _holding("Service", {"data": _times(_text, 17)})
}

test_denies_more if {
	every kind, field in {"ConfigMap": "data", "Secret": "stringData"} {
		every text in [_text, _umlauts] {
			assert.messages(size.deny, {
				sprintf("%s/cart: has 1025 KiB of data, more than 1024", [kind]),
			}) with input as _holding(kind, {field: object.union(_times(text, 16), {"more": "1"})})
		}
	}
}

test_denies_more_in_base64 if {
	every kind, field in {"ConfigMap": "binaryData", "Secret": "data"} {
		assert.messages(size.deny, {
			sprintf("%s/cart: has 1056 KiB of data, more than 1024", [kind]),
		}) with input as _holding(kind, {field: _times(_text, 22)})
	}
}

test_denies_many_annotations if {
	notes := {"metadata": {"annotations": {"aaaa": _text, "bbbb": _umlauts, "cccc": _text}}}
	assert.none(size.deny) with input as _holding("Service", notes)
	most := object.union(_times(_text, 3), {"4": substring(_text, 0, 65532)})
	assert.none(size.deny) with input as _holding("Service", {"metadata": {"annotations": most}})
	more := object.union(most, {"4": substring(_text, 0, 65533)})
	assert.size(size.deny, 1) with input as _holding("Service", {"metadata": {"annotations": more}})
	assert.messages(size.deny, {
		"Service/cart: has 257 KiB of annotations, more than 256",
	}) with input as _holding("Service", {"metadata": {"annotations": _times(_text, 4)}})
}
