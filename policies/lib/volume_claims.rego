# METADATA
# title: Volume claims
# description: The PersistentVolumeClaims of a target and the claim templates of its workloads.
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

# PersistentVolumeClaims.
_alone := [{"content": resource.content, "name": resource.name, "path": "", "resource": resource} |
	some resource in documents.of("", "PersistentVolumeClaim")
]

# Claims with the lifetime of one pod.
_passing := [{"content": content, "name": volume.name, "path": path, "resource": pod.resource} |
	some pod in pods.templates
	some index, volume in values.list(values.at(pod.spec, ["volumes"]))
	content := volume.ephemeral.volumeClaimTemplate
	path := sprintf("%s/volumes/%d/ephemeral/volumeClaimTemplate", [pod.path, index])
]

claims := array.flatten([templates, _alone, _passing])

# Whether the controller of a StatefulSet creates a claim with this name: <template>-<set>-<ordinal>.
is_of_a_set(namespace, name) if {
	some claim in templates
	claim.resource.namespace == namespace
	prefix := sprintf("%s-%s-", [claim.name, claim.resource.name])
	startswith(name, prefix)
	regex.match(`^[0-9]+$`, trim_prefix(name, prefix))
}
