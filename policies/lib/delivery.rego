# METADATA
# title: Delivery
# description: What Argo CD and Flux apply, from where and to where.
package lib.delivery

import data.lib.documents
import data.lib.finding
import data.lib.values

# Every Application, and the template of every ApplicationSet.
applications := array.concat(
	[{"path": "/spec", "resource": resource, "spec": values.map(values.at(resource.content, ["spec"]))} |
		some resource in documents.of("argoproj.io", "Application")
	],
	[{"path": "/spec/template/spec", "resource": resource, "spec": spec} |
		some resource in documents.of("argoproj.io", "ApplicationSet")
		spec := values.map(values.at(resource.content, ["spec", "template", "spec"]))
	],
)

# The sources of an Application: one, or a list.
sources(application) := array.concat(
	[{"content": source, "path": "/source"} |
		source := application.spec.source
		is_object(source)
	],
	[{"content": source, "path": sprintf("/sources/%d", [index])} |
		some index, source in values.list(values.at(application.spec, ["sources"]))
		is_object(source)
	],
)

about(application, body) := finding.about(application.resource, object.union(body, {"path": concat("", [
	application.path,
	body.path,
])}))

kustomizations := documents.of("kustomize.toolkit.fluxcd.io", "Kustomization")
