# METADATA
# title: Applications belong to a restricted project
# description: |
#   The project default lets any Application apply anything anywhere. A dedicated project limits repositories,
#   namespaces and kinds. If the project is rendered, it must allow this Application. Otherwise nothing is applied.
# custom:
#   id: delivery.project
#   profile: strict
#   subjects: [argoproj.io/Application, argoproj.io/ApplicationSet]
#   severity: high
#   fix: "use a project that allows only this repository and this destination"
#   docs: https://argo-cd.readthedocs.io/en/stable/user-guide/projects/
package rules.delivery.project

import data.lib.delivery
import data.lib.documents
import data.lib.values

_fix := "use a project that allows only this repository and this destination"

deny contains found if {
	some application in delivery.applications
	_project(application) in {"", "default"}
	found := delivery.about(application, {
		"msg": "does not belong to a dedicated project",
		"fix": _fix,
		"path": "/project",
	})
}

deny contains found if {
	some application in delivery.applications
	some project in documents.of("argoproj.io", "AppProject")
	project.name == _project(application)
	some source in delivery.sources(application)
	repository := values.text(values.at(source.content, ["repoURL"]))
	not _matches_one(repository, values.list(values.at(project.content, ["spec", "sourceRepos"])))
	found := delivery.about(application, {
		"msg": sprintf("uses repository %s, which its project %s does not allow", [repository, project.name]),
		"fix": _fix,
		"path": concat("", [source.path, "/repoURL"]),
	})
}

deny contains found if {
	some application in delivery.applications
	some project in documents.of("argoproj.io", "AppProject")
	project.name == _project(application)
	namespace := values.text(values.at(application.spec, ["destination", "namespace"]))
	allowed := [values.text(values.at(one, ["namespace"])) |
		some one in values.list(values.at(project.content, ["spec", "destinations"]))
	]
	not _matches_one(namespace, allowed)
	found := delivery.about(application, {
		"msg": sprintf("uses namespace %s, which its project %s does not allow", [namespace, project.name]),
		"fix": _fix,
		"path": "/destination",
	})
}

_project(application) := values.text(values.at(application.spec, ["project"]))

_matches_one(text, patterns) if {
	some pattern in patterns
	glob.match(pattern, null, text)
}
