# METADATA
# title: Versions ran in the previous environment
# description: |
#   promote.yaml lists the environments in the order of promotion. A version that never ran in the previous environment,
#   according to Git, would first be tested by users.
# custom:
#   id: change.untried
#   profile: general
#   general: warn
#   subjects: target
#   severity: high
#   fix: "set the version in the previous environment, test it there, and promote it"
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
