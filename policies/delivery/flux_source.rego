# METADATA
# title: The source of a Flux Kustomization exists
# description: |
#   A Kustomization without its source never applies anything. If no source is rendered at all, it may exist elsewhere.
#   Then the rule only warns.
# custom:
#   id: delivery.flux_source
#   profile: general
#   general: warn
#   subjects: kustomize.toolkit.fluxcd.io/Kustomization
#   severity: medium
#   fix: "render the source that sourceRef refers to, or correct sourceRef"
#   docs: https://fluxcd.io/flux/components/kustomize/kustomizations/#source-reference
package rules.delivery.flux_source

import data.lib.delivery
import data.lib.documents
import data.lib.finding
import data.lib.values

deny contains found if some found in _missing[false]

warn contains found if some found in _missing[true]

# Grouped by whether no source is rendered at all.
_missing[is_elsewhere] contains found if {
	some kustomization in delivery.kustomizations
	reference := values.map(values.at(kustomization.content, ["spec", "sourceRef"]))
	namespace := object.get(reference, "namespace", kustomization.namespace)
	named := [values.text(values.at(reference, ["kind"])), namespace, values.text(values.at(reference, ["name"]))]
	not named in _sources
	is_elsewhere := count(_sources) == 0
	found := finding.about(kustomization, {
		"msg": sprintf("applies %s %v/%s, which is not rendered", named),
		"fix": "render the source that sourceRef refers to, or correct sourceRef",
		"path": "/spec/sourceRef",
	})
}

_sources contains [resource.kind, resource.namespace, resource.name] if {
	some resource in documents.resources
	startswith(resource.type, "source.toolkit.fluxcd.io/")
}
