# METADATA
# title: A container names each thing once
# description: |
#   Of two variables with one name the last one wins, in silence; server-side apply refuses them, and two ports of one
#   name or two mounts at one path are refused by the API server.
# custom:
#   id: workloads.duplicates
#   profile: general
#   subjects: containers
#   severity: medium
#   fix: "keep one of them"
#   docs: https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/
package rules.workloads.duplicates

import data.lib.finding
import data.lib.pods
import data.lib.values

_lists := [
	{"field": "env", "key": "name", "what": "the variable"},
	{"field": "ports", "key": "name", "what": "the port"},
	{"field": "volumeMounts", "key": "mountPath", "what": "the mount at"},
]

deny contains found if {
	some container in pods.containers
	some list in _lists
	some index, entry in values.list(values.at(container.content, [list.field]))
	name := values.text(values.at(entry, [list.key]))
	name != ""
	some earlier, other in values.list(values.at(container.content, [list.field]))
	earlier < index
	values.at(other, [list.key]) == name
	found := finding.about_container(container, {
		"msg": sprintf("has %s %s twice", [list.what, name]),
		"fix": "keep one of them",
		"path": sprintf("/%s/%d", [list.field, index]),
	})
}
