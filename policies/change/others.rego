# METADATA
# title: A change of versions changes nothing else
# description: |
#   Reviewers of versions may miss other changes in the same commit, and a rollback would revert those changes too.
#   promote rejects them unless --allow-other-changes is set. Then this rule shows them.
# custom:
#   id: change.others
#   profile: general
#   subjects: target
#   severity: medium
#   fix: "make the other change in a separate commit"
package change.others

warn contains {"msg": msg, "fix": fix} if {
	some other in input.others
	msg := sprintf("changes more than images: %s", [other])
	fix := "make the other change in a separate commit"
}
