# METADATA
# title: A tag keeps its digest
# description: |
#   If a tag is pushed again, it refers to a build that was not tested. Git records every digest that any environment
#   ran with the tag.
# custom:
#   id: change.moved_tag
#   profile: general
#   subjects: target
#   severity: high
#   fix: "push the build with a new tag"
package change.moved_tag

deny contains {"msg": msg, "fix": fix} if {
	some image in input.images
	is_string(image.new.digest)
	others := sort({digest | some digest in image.digests; digest != image.new.digest})
	count(others) > 0
	msg := sprintf("%s: the tag %s was %s before and is now %s", [
		image.service,
		image.new.tag,
		_named(others),
		_short(image.new.digest),
	])
	fix := "push the build with a new tag"
}

# A tag such as latest may have had hundreds.
_named(digests) := _short(digests[0]) if count(digests) == 1

_named(digests) := sprintf("%s and %d others", [_short(digests[0]), count(digests) - 1]) if count(digests) > 1

_short(digest) := substring(digest, 0, 19)
