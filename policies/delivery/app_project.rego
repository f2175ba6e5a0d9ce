# METADATA
# title: Projects do not use wildcards
# description: |
#   A wildcard in an AppProject lets an Application use any repository, namespace or kind. The project should prevent
#   that.
# custom:
#   id: delivery.app_project
#   profile: general
#   general: warn
#   subjects: argoproj.io/AppProject
#   severity: high
#   fix: "list the required repositories, destinations and kinds"
#   docs: https://argo-cd.readthedocs.io/en/stable/user-guide/projects/
package rules.delivery.app_project

import data.lib.documents
import data.lib.finding
import data.lib.values

deny contains found if {
	some project in documents.of("argoproj.io", "AppProject")
	some place in _wild(values.map(values.at(project.content, ["spec"])))
	found := finding.about(project, {
		"msg": sprintf("allows everything in %s", [place]),
		"fix": sprintf("list only what is required in %s", [place]),
		"path": sprintf("/spec/%s", [place]),
	})
}

_wild(spec) := ({"sourceRepos" | "*" in values.list(values.at(spec, ["sourceRepos"]))} | {"destinations" |
	some one in values.list(values.at(spec, ["destinations"]))
	some field in ["name", "namespace", "server"]
	values.at(one, [field]) == "*"
}) | {list |
	some list in ["clusterResourceWhitelist", "namespaceResourceWhitelist"]
	some one in values.list(values.at(spec, [list]))
	values.at(one, ["kind"]) == "*"
}
