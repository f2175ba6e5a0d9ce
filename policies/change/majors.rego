# METADATA
# title: Major versions change one at a time
# description: |
#   A major version may break other services. If several services change their major version together, it is unclear
#   which one caused a failure. If a service skips a major version, its migration did not run.
# custom:
#   id: change.majors
#   profile: general
#   subjects: target
#   severity: medium
#   fix: "promote one service at a time with --only, and do not skip a major version"
package change.majors

import data.lib.versions

warn contains {"msg": msg, "fix": _fix} if {
	raised := sort({image.service | some image in input.images; _raise(image) > 0})
	count(raised) > 1
	msg := sprintf("%d services change their major version at the same time: %s", [count(raised), concat(", ", raised)])
}

warn contains {"msg": msg, "fix": _fix} if {
	some image in input.images
	_raise(image) > 1
	msg := sprintf("%s: from %s to %s skips a major version", [image.service, image.old.tag, image.new.tag])
}

_raise(image) := versions.major(image.new.tag) - versions.major(image.old.tag)

_fix := "promote one service at a time with --only, and do not skip a major version"
