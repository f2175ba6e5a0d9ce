# METADATA
# title: Volumes are not host paths
# description: |
#   A PersistentVolume with a hostPath exposes the disk of the node. Pod Security Admission does not see it, because it
#   checks only the volumes of the pod. The data does not move with the pod to another node.
# custom:
#   id: storage.host_path
#   profile: general
#   subjects: PersistentVolume
#   severity: high
#   fix: "use a StorageClass, or a local volume with nodeAffinity for a disk of a node"
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
		"msg": sprintf("mounts the path %v of the current node of the pod", [values.at(host, ["path"])]),
		"fix": "use a StorageClass, or a local volume with nodeAffinity for a disk of a node",
		"path": "/spec/hostPath",
	})
}
