# METADATA
# title: An environment runs in its own namespace
# description: |
#   A mistyped `namespace:` renders a whole environment beside the one that runs: nothing there is in the tables of
#   policies/data, so that no rule which reads them would find anything wrong. The table `environments` says which
#   namespace is which environment's.
# custom:
#   id: namespaces.environment
#   profile: system
#   subjects: namespaces
#   severity: high
#   fix: "correct `namespace:` in the overlay, or the table policies/data/environments.yaml"
package rules.namespaces.environment

import data.lib.finding
import data.lib.pods

deny contains found if {
	count(_own) > 0
	some namespace in pods.namespaces
	not namespace in _own
	found := finding.about_namespace(namespace, {
		"msg": sprintf("is not where %s runs: that is %s", [data.target.name, concat(" or ", _own)]),
		"fix": "correct `namespace:` in the overlay, or the table policies/data/environments.yaml",
		"path": "/metadata/name",
	})
}

_own contains namespace if {
	some namespace, row in data.environments
	row.target == data.target.name
}
