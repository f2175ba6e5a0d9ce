# METADATA
# title: Claims
# description: Every request for storage that a target makes, by a claim of its own or a workload's template.
package lib.claims

import data.lib.documents
import data.lib.pods
import data.lib.values

# The claim templates of StatefulSets.
templates := [{"content": content, "name": name, "path": path, "resource": resource} |
	some resource in documents.of("apps", "StatefulSet")
	some index, content in values.list(values.at(resource.content, ["spec", "volumeClaimTemplates"]))
	name := values.text(values.at(content, ["metadata", "name"]))
	path := sprintf("/spec/volumeClaimTemplates/%d", [index])
]

# Claims written out.
_alone := [{"content": resource.content, "name": resource.name, "path": "", "resource": resource} |
	some resource in documents.of("", "PersistentVolumeClaim")
]

# Claims that live as long as one pod.
_passing := [{"content": content, "name": volume.name, "path": path, "resource": pod.resource} |
	some pod in pods.templates
	some index, volume in values.list(values.at(pod.spec, ["volumes"]))
	content := volume.ephemeral.volumeClaimTemplate
	path := sprintf("%s/volumes/%d/ephemeral/volumeClaimTemplate", [pod.path, index])
]

every_one := array.flatten([templates, _alone, _passing])
