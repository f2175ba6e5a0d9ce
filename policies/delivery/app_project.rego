# METADATA
# title: Projects allow what is named
# description: |
#   A wildcard in a project lets an Application read any repository, reach any namespace or make any kind, which is
#   what the project was to prevent.
# custom:
#   id: delivery.app_project
#   profile: general
#   subjects: argoproj.io/AppProject
#   severity: high
#   fix: "list the repositories, destinations and kinds that are needed"
#   docs: https://argo-cd.readthedocs.io/en/stable/user-guide/projects/
package rules.delivery.app_project

import data.lib.documents
import data.lib.finding
import data.lib.values

deny contains found if {
	some project in documents.of("argoproj.io", "AppProject")
	some place in _wild(values.map(values.at(project.content, ["spec"])))
	found := finding.about(project, {
		"msg": sprintf("allows anything in %s", [place]),
		"fix": sprintf("list in %s what is needed", [place]),
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
