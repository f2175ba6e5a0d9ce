# METADATA
# title: Resources match the table
# description: |
#   The table `resources` lists the requests and limits of each container of a namespace. Quantities are compared by
#   value. If anything runs in the namespace, every workload of the table must be rendered.
# custom:
#   id: workloads.resource_table
#   profile: system
#   subjects: containers
#   severity: medium
#   fix: "write the values of the table in the overlay, or change the table in the same pull request"
package rules.workloads.resource_table

import data.lib.finding
import data.lib.pods
import data.lib.resource_quantity
import data.lib.values

deny contains found if {
	some namespace in pods.namespaces
	some workload, containers in data.resources[namespace]
	some name, _ in containers
	not _exists(namespace, workload, name)
	found := finding.about_namespace(namespace, {
		"msg": sprintf("the table `resources` lists container %s of %s, which is not rendered", [name, workload]),
		"fix": "render the workload, or remove it from policies/data/resources.yaml",
		"path": "",
	})
}

deny contains found if {
	some container in _long_running
	row := data.resources[container.pod.resource.namespace][container.pod.resource.name][container.name]
	differences := [[difference, sprintf("/resources/%s/%s", [part, resource])] |
		some part in ["requests", "limits"]
		some resource in ["cpu", "memory"]
		amount := values.at(container.content, ["resources", part, resource])
		not resource_quantity.are_equal(amount, row[part][resource])
		difference := sprintf("%s.%s is %v instead of %v", [part, resource, amount, row[part][resource]])
	]
	path := differences[0][1]
	found := finding.about_container(container, {
		"msg": sprintf("differs from the table `resources`: %s", [concat(", ", [text | some [text, _] in differences])]),
		"fix": sprintf("resources: %s", [json.marshal(row)]),
		"path": path,
	})
}

_exists(namespace, workload, name) if {
	some container in _long_running
	container.name == name
	container.pod.resource.name == workload
	container.pod.resource.namespace == namespace
}

_long_running := [container |
	some container in pods.containers
	container.list == "containers"
	pods.is_long_running(container.pod)
]
