# METADATA
# title: Applications set their destination
# description: |
#   Without a cluster and a namespace, the destination of an Application depends on its manifests or on the defaults of
#   Argo CD. Others may change these.
# custom:
#   id: delivery.destination
#   profile: strict
#   subjects: [argoproj.io/Application, argoproj.io/ApplicationSet]
#   severity: high
#   fix: "set destination.server (or name) and destination.namespace"
#   docs: https://argo-cd.readthedocs.io/en/stable/operator-manual/declarative-setup/#applications
package rules.delivery.destination

import data.lib.delivery
import data.lib.values

deny contains found if {
	some application in delivery.applications
	destination := values.map(values.at(application.spec, ["destination"]))
	some fault in [_of_cluster(destination), _of_namespace(destination)]
	fault != ""
	found := delivery.about(application, {
		"msg": fault,
		"fix": "set destination.server (or name) and destination.namespace",
		"path": "/destination",
	})
}

_of_cluster(destination) := _by_number[count([key |
	some key in ["name", "server"]
	values.text(values.at(destination, [key])) != ""
])]

_by_number := {0: "sets no cluster", 1: "", 2: "sets both server and name of its cluster"}

_of_namespace(destination) := "sets no namespace" if values.text(values.at(destination, ["namespace"])) == ""

_of_namespace(destination) := "" if values.text(values.at(destination, ["namespace"])) != ""
