# METADATA
# title: Versions go forward
# description: |
#   An older version may not read what a newer one has written. Going back is a rollback, which records the version it
#   leaves, so that the next promotion does not bring it again.
# custom:
#   id: change.downgrade
#   profile: general
#   subjects: target
#   severity: high
#   fix: "use `promote rollback`, or promote a newer version"
package change.downgrade

import data.lib.versions

deny contains {"msg": msg, "fix": fix} if {
	some image in input.images
	not image.rolled_back
	versions.is_older(image.new.tag, image.old.tag)
	msg := sprintf("%s: %s is older than %s, which is there now", [image.service, image.new.tag, image.old.tag])
	fix := sprintf("use `promote rollback %s %s`, or name a newer version", [input.to, image.service])
}
