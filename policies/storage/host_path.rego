# METADATA
# title: Volumes are no folders of a node
# description: |
#   A PersistentVolume with a hostPath shows a pod the node's disk, past Pod Security Admission, which looks at the
#   pod's own volumes only, and its data stays behind when the pod moves to another node.
# custom:
#   id: storage.host_path
#   profile: general
#   subjects: PersistentVolume
#   severity: high
#   fix: "let a StorageClass make the volume, or use local with nodeAffinity for a disk of a node"
#   docs: https://kubernetes.io/docs/concepts/storage/volumes/#hostpath
package rules.storage.host_path

import data.lib.documents
import data.lib.finding
import data.lib.values

deny contains found if {
	some volume in documents.of("", "PersistentVolume")
	host := values.at(volume.content, ["spec", "hostPath"])
	host != null
	found := finding.about(volume, {
		"msg": sprintf("opens the folder %v of whichever node the pod runs on", [values.at(host, ["path"])]),
		"fix": "let a StorageClass make the volume, or use local with nodeAffinity for a disk of a node",
		"path": "/spec/hostPath",
	})
}
