# METADATA
# title: Versions come in sets that ran together
# description: |
#   Services are tried together. Where a promotion takes some of them, what they meet in the next environment may be a
#   set of versions that nobody has seen working, though each version ran. Which sets ran is read from Git.
# custom:
#   id: change.combination
#   profile: general
#   subjects: target
#   severity: medium
#   fix: "promote what belongs together, or set the same versions in the environment before and look at them there"
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

	# A version that never ran at all is denied by change.untried.
	every one in input.images {
		one.ran != false
	}
}

# promote.yaml asks for it, and nobody gave a reason why not this time.
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

_fix := sprintf("promote what belongs together, or set these versions in %s and look at them there", [
	input.combination.environment,
])
