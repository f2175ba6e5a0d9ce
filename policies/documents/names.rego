# METADATA
# title: Names are valid
# description: |
#   The API server rejects names with capital letters, underscores or too many characters. Schemas do not check this. A
#   StatefulSet with a name of more than 52 characters is accepted but creates no pods, because a label of its pods
#   would be too long.
# custom:
#   id: documents.names
#   profile: general
#   subjects: resources
#   severity: high
#   fix: "use lowercase letters, digits and hyphens, start and end with a letter or digit, and shorten long names"
#   docs: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
package rules.documents.names

import data.lib.documents
import data.lib.finding
import data.lib.pods
import data.lib.values

deny contains found if {
	some resource in documents.resources
	resource.name != ""
	not _free(resource.type)
	fault := _fault(resource.name, object.get(_shapes, resource.type, _subdomain))
	found := finding.about(resource, {
		"msg": sprintf("its name %s", [fault]),
		"fix": "use lowercase letters, digits and hyphens, and start and end with a letter or digit",
		"path": "/metadata/name",
	})
}

deny contains found if {
	some container in pods.containers
	container.name != ""
	fault := _fault(container.name, _label)
	found := finding.about_container(container, {
		"msg": sprintf("has a name that %s", [fault]),
		"fix": "use lowercase letters, digits and hyphens, and start and end with a letter or digit",
		"path": "/name",
	})
}

deny contains found if {
	some container in pods.containers
	some index, port in values.list(values.at(container.content, ["ports"]))
	name := values.text(values.at(port, ["name"]))
	name != ""
	not _is_port_name(name)
	found := finding.about_container(container, {
		"msg": sprintf("has the invalid port name %s", [name]),
		"fix": "use up to 15 lowercase letters, digits and single hyphens, at least one of them a letter",
		"path": sprintf("/ports/%d/name", [index]),
	})
}

deny contains found if {
	some pod in pods.templates
	some index, volume in values.list(values.at(pod.spec, ["volumes"]))
	fault := _fault(values.text(values.at(volume, ["name"])), _label)
	found := finding.about_pod(pod, {
		"msg": sprintf("the name of volume %v %s", [values.at(volume, ["name"]), fault]),
		"fix": "use lowercase letters, digits and hyphens, and start and end with a letter or digit",
		"path": sprintf("/volumes/%d/name", [index]),
	})
}

deny contains found if {
	some kind in ["ConfigMap", "Secret"]
	some resource in documents.of("", kind)
	some field in ["binaryData", "data", "stringData"]
	some key, _ in values.map(values.at(resource.content, [field]))
	not _is_key(key)
	found := finding.about(resource, {
		"msg": sprintf("has the key %s, which is not a valid file name", [key]),
		"fix": "use letters, digits, hyphens, underscores and dots, and do not start with two dots",
		"path": sprintf("/%s", [field]),
	})
}

_word := `[a-z0-9]([-a-z0-9]*[a-z0-9])?`

_subdomain := {"most": 253, "pattern": sprintf(`^%s(\.%s)*$`, [_word, _word])}

_label := {"most": 63, "pattern": sprintf(`^%s$`, [_word])}

# Kinds for which the API server, or a label that contains the name, has a lower limit.
_shapes := {
	"/Namespace": _label,
	"/Service": _label,
	"apps/StatefulSet": object.union(_subdomain, {"most": 52}),
	"batch/CronJob": object.union(_subdomain, {"most": 52}),
	"batch/Job": object.union(_subdomain, {"most": 63}),
}

# Names of roles may contain colons. Users and groups of other platforms may too.
_free(type) if startswith(type, "rbac.authorization.k8s.io/")

_free(type) if contains(type, ".openshift.io/")

_fault(name, shape) := sprintf("has %d characters, more than %d", [count(name), shape.most]) if count(name) > shape.most

_fault(name, shape) := "has invalid characters, or starts or ends with a hyphen or dot" if {
	count(name) <= shape.most
	not regex.match(shape.pattern, name)
}

_is_port_name(name) if {
	count(name) <= 15
	regex.match(_label.pattern, name)
	regex.match(`[a-z]`, name)
	not contains(name, "--")
}

_is_key(key) if {
	regex.match(`^[-._a-zA-Z0-9]{1,253}$`, key)
	key != "."
	not startswith(key, "..")
}
