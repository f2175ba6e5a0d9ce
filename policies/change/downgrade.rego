# METADATA
# title: Versions do not go back
# description: |
#   An older version may be unable to read data that a newer version wrote. To go back, use a rollback. It records the
#   version that it replaces, so that the next promotion does not bring it back.
# custom:
#   id: change.downgrade
#   profile: general
#   general: warn
#   subjects: target
#   severity: high
#   fix: "use `promote rollback`, or promote a newer version"
package change.downgrade

import data.lib.versions

deny contains {"msg": msg, "fix": fix} if {
	some image in input.images
	not image.rolled_back
	versions.is_older(image.new.tag, image.old.tag)
	msg := sprintf("%s: %s is older than the current version %s", [image.service, image.new.tag, image.old.tag])
	fix := sprintf("use `promote rollback %s %s`, or select a newer version", [input.to, image.service])
}
