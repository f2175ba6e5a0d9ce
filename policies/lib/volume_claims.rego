# METADATA
# title: Claims
# description: Every request for storage that a target makes, by a claim of its own or a workload's template.
package lib.volume_claims

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

claims := array.flatten([templates, _alone, _passing])

# Whether a StatefulSet's controller makes a claim of this name: <template>-<set>-<ordinal>.
is_of_a_set(namespace, name) if {
	some claim in templates
	claim.resource.namespace == namespace
	prefix := sprintf("%s-%s-", [claim.name, claim.resource.name])
	startswith(name, prefix)
	regex.match(`^[0-9]+$`, trim_prefix(name, prefix))
}
