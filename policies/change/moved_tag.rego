# METADATA
# title: A tag keeps its digest
# description: |
#   A tag that was pushed again is another program under a name that somebody has tested. Every digest that any
#   environment ran under the tag is remembered in Git.
# custom:
#   id: change.moved_tag
#   profile: general
#   subjects: target
#   severity: high
#   fix: "push the build under a tag of its own"
package change.moved_tag

deny contains {"msg": msg, "fix": fix} if {
	some image in input.images
	some digest in image.digests
	digest != image.new.digest
	msg := sprintf("%s: the tag %s was %s before and is %s now", [
		image.service,
		image.new.tag,
		_short(digest),
		_short(image.new.digest),
	])
	fix := "push the build under a tag of its own"
}

_short(digest) := substring(digest, 0, 19)
