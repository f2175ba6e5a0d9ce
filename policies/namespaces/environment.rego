# METADATA
# title: Each environment runs in its own namespace
# description: |
#   A wrong `namespace:` deploys a whole environment a second time. The tables in policies/data do not list that
#   namespace, so rules that read them find nothing there. The table `environments` lists the namespace of each
#   environment.
# custom:
#   id: namespaces.environment
#   profile: system
#   subjects: namespaces
#   severity: high
#   fix: "correct `namespace:` in the overlay, or correct policies/data/environments.yaml"
package rules.namespaces.environment

import data.lib.finding
import data.lib.pods

deny contains found if {
	count(_own) > 0
	some namespace in pods.namespaces
	not namespace in _own
	found := finding.about_namespace(namespace, {
		"msg": sprintf("is not the namespace of %s, which is %s", [data.target.name, concat(" or ", _own)]),
		"fix": "correct `namespace:` in the overlay, or correct policies/data/environments.yaml",
		"path": "/metadata/name",
	})
}

_own contains namespace if {
	some namespace, row in data.environments
	row.target == data.target.name
}
