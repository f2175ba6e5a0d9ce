# METADATA
# title: References
# description: |
#   Whether the object that another one refers to exists. Kinds are written group/Kind with an empty core group:
#   /ConfigMap.
package lib.references

import data.lib.documents
import data.lib.pods

# The objects that every cluster has. The table `cluster` lists additional objects.
_built_in := {
	"/ConfigMap": ["kube-root-ca.crt"],
	"/ServiceAccount": ["default"],
	"scheduling.k8s.io/PriorityClass": ["system-cluster-critical", "system-node-critical"],
}

default _provided := {}

_provided := data.cluster.provides

# Every reference uses this list, so it is computed once.
_identities contains [resource.type, resource.namespace, resource.name] if some resource in documents.resources

_kept contains [resource.type, resource.namespace] if some resource in documents.resources

exists(type, namespace, name) if [type, namespace, name] in _identities

exists(type, _, name) if name in _built_in[type]

exists(type, _, name) if {
	some pattern in _provided[type]
	glob.match(pattern, null, name)
}

# Whether objects of this kind are rendered in this namespace.
keeps(type, namespace) if [type, namespace] in _kept

# The level of a finding about a missing object. Undefined if the object exists. If other objects of the kind are
# rendered in the namespace, all of them should be. Otherwise they may come from elsewhere, as they do in the namespaces
# of Kubernetes itself.
level(type, namespace, name) := _level(type, namespace) if not exists(type, namespace, name)

_level(type, namespace) := "deny" if {
	keeps(type, namespace)
	not namespace in pods.system_namespaces
} else := "warn"

# What a text says of the namespace of an object. Objects may state none, and get one when they are applied.
namespace(_, "") := ""

namespace(preposition, name) := sprintf(" %s namespace %s", [preposition, name]) if name != ""
