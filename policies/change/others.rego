# METADATA
# title: A change of versions changes nothing else
# description: |
#   What moves beside images in the same change is reviewed by nobody who looks for versions, and is rolled back with
#   them. promote refuses it unless asked by --allow-other-changes; then it is shown.
# custom:
#   id: change.others
#   profile: general
#   subjects: target
#   severity: medium
#   fix: "make the other change in a commit of its own"
package change.others

warn contains {"msg": msg, "fix": fix} if {
	some other in input.others
	msg := sprintf("beside images, %s changes", [other])
	fix := "make the other change in a commit of its own"
}
