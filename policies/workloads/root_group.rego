# METADATA
# title: Nothing runs in group 0
# description: |
#   Group 0 is that of root, and in many images it may write what only root should. A volume with fsGroup 0 belongs to
#   it, too. Some images of OpenShift need group 0, so the rule warns. It denies in namespaces for which the table
#   `strict` lists `conventions`.
# custom:
#   id: workloads.root_group
#   profile: general
#   subjects: pods
#   severity: low
#   fix: "set a group above 0 in securityContext"
#   docs: https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
package rules.workloads.root_group

import data.lib.finding
import data.lib.pods
import data.lib.strictness
import data.lib.values

deny contains found if some found in strictness.denied("conventions", _left)

warn contains found if some found in strictness.warned("conventions", _left)

_left contains found if {
	some context in pods.contexts
	not pods.has_user_namespace(context.pod)
	some field in ["fsGroup", "runAsGroup"]
	context.settings[field] == 0
	found := finding.about_holder(context.holder, {
		"msg": sprintf("has %s 0", [field]),
		"fix": sprintf("securityContext: {%s: 1001}, or the group of the image", [field]),
		"path": sprintf("/securityContext/%s", [field]),
	})
}

_left contains found if {
	some context in pods.contexts
	not pods.has_user_namespace(context.pod)
	some index, group in values.list(context.settings.supplementalGroups)
	group == 0
	found := finding.about_holder(context.holder, {
		"msg": "has 0 in supplementalGroups",
		"fix": "remove group 0 from supplementalGroups",
		"path": sprintf("/securityContext/supplementalGroups/%d", [index]),
	})
}
