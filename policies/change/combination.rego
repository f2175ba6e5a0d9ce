# METADATA
# title: Promoted versions ran together before
# description: |
#   Services are tested together. If a promotion moves only some of them, the next environment may run a set of versions
#   that was never tested, although each version ran before. Git shows which sets ran together.
# custom:
#   id: change.combination
#   profile: general
#   subjects: target
#   severity: medium
#   fix: "promote the services that belong together, or test these versions in the previous environment first"
package change.combination

deny contains {"msg": _msg, "fix": _fix} if {
	_never_ran
	_denies
}

warn contains {"msg": _msg, "fix": _fix} if {
	_never_ran
	not _denies
}

_never_ran if {
	input.combination.ran == false
	some image in input.images
	not image.rolled_back

	# change.untried denies versions that never ran.
	every one in input.images {
		one.ran != false
	}
}

# promote.yaml requires it, and there is no override with a reason.
_denies if {
	input.combination.required
	not input.despite.combination
}

_msg := sprintf("%s would run a set of versions that never ran together in %s: %s", [
	input.to,
	input.combination.environment,
	concat(", ", sort({_apart(one) | some one in input.combination.apart})),
])

_apart(one) := sprintf("%s %s (there %s)", [one.image, _version(one.here), _there(one.there)])

_there(version) := _version(version) if version != null

_there(null) := "none"

_version(version) := version.tag if is_string(version.tag)

_version(version) := substring(version.digest, 0, 19) if not is_string(version.tag)

_fix := sprintf("promote the services that belong together, or set these versions in %s and test them there", [
	input.combination.environment,
])
