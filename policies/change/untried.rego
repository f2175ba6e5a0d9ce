# METADATA
# title: Versions come from the environment before
# description: |
#   The environments of promote.yaml stand in the order of promotion. A version that the one before has never run, by
#   the files in Git, is tried on people first.
# custom:
#   id: change.untried
#   profile: general
#   subjects: target
#   severity: high
#   fix: "set the version in the environment before, look at it there, and promote it"
package change.untried

deny contains {"msg": msg, "fix": fix} if {
	some image in input.images
	image.ran == false
	not image.rolled_back
	msg := sprintf("%s: %s has never run in %s", [image.service, _version(image.new), input.previous])
	fix := sprintf("set it in %s first, then `promote %s %s`", [input.previous, input.previous, input.to])
}

_version(version) := version.tag if is_string(version.tag)

_version(version) := substring(version.digest, 0, 19) if not is_string(version.tag)
