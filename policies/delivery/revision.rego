# METADATA
# title: Everything is applied from one branch
# description: |
#   HEAD depends on the default branch of the server. A range of chart versions depends on the latest release. The table
#   `delivery` names the branch into which reviewed changes are merged.
# custom:
#   id: delivery.revision
#   profile: general
#   general: warn
#   subjects: [argoproj.io/Application, argoproj.io/ApplicationSet, source.toolkit.fluxcd.io/GitRepository]
#   severity: medium
#   fix: "set targetRevision, or ref of a GitRepository, to the branch into which changes are merged"
#   docs: https://argo-cd.readthedocs.io/en/stable/user-guide/tracking_strategies/
package rules.delivery.revision

import data.lib.delivery
import data.lib.documents
import data.lib.finding
import data.lib.values

_fix := "set targetRevision, or ref of a GitRepository, to the branch into which changes are merged"

deny contains found if {
	some application in delivery.applications
	some source in delivery.sources(application)
	fault := _fault(source.content)
	found := delivery.about(application, {
		"msg": fault,
		"fix": _fix,
		"path": concat("", [source.path, "/targetRevision"]),
	})
}

deny contains found if {
	some repository in documents.of("source.toolkit.fluxcd.io", "GitRepository")
	ref := values.map(values.at(repository.content, ["spec", "ref"]))
	fault := _fault_of_ref(ref)
	found := finding.about(repository, {"msg": fault, "fix": _fix, "path": "/spec/ref"})
}

_fault(source) := "sets no fixed revision" if _revision(source) in {"", "HEAD"}

_fault(source) := sprintf("uses revision %s instead of %s", [_revision(source), data.delivery.branch]) if {
	not source.chart
	not _revision(source) in {"", "HEAD", data.delivery.branch}
}

_fault(source) := sprintf("accepts any chart version in %s", [_revision(source)]) if {
	is_string(source.chart)
	regex.match(`[*^~<>|xX ]`, _revision(source))
}

_revision(source) := values.text(values.at(source, ["targetRevision"]))

_fault_of_ref(ref) := "sets no ref" if count(ref) == 0

_fault_of_ref(ref) := sprintf("uses branch %v instead of %s", [ref.branch, data.delivery.branch]) if {
	ref.branch != data.delivery.branch
}
