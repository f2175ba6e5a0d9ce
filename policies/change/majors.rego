# METADATA
# title: Major versions move one by one
# description: |
#   A major version may break what others rely on. Where several services move theirs together nobody can tell which
#   one it was; where one skips a major, the migration in between was never run.
# custom:
#   id: change.majors
#   profile: general
#   subjects: target
#   severity: medium
#   fix: "promote one service at a time, with --only, and each major version after the one before"
package change.majors

import data.lib.versions

warn contains {"msg": msg, "fix": _fix} if {
	raised := sort({image.service | some image in input.images; _raise(image) > 0})
	count(raised) > 1
	msg := sprintf("%d services move to another major version at once: %s", [count(raised), concat(", ", raised)])
}

warn contains {"msg": msg, "fix": _fix} if {
	some image in input.images
	_raise(image) > 1
	msg := sprintf("%s: from %s to %s skips a major version", [image.service, image.old.tag, image.new.tag])
}

_raise(image) := versions.major(image.new.tag) - versions.major(image.old.tag)

_fix := "promote one service at a time, with --only, and each major version after the one before"
