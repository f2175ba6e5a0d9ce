# METADATA
# title: References
# description: |
#   Whether what one object names is there. Kinds are written group/Kind, and the core's group is empty: /ConfigMap.
package lib.references

import data.lib.documents

# What every cluster has of itself. The table `cluster` lists what a user's cluster has beside it.
_built_in := {
	"/ConfigMap": ["kube-root-ca.crt"],
	"/ServiceAccount": ["default"],
	"scheduling.k8s.io/PriorityClass": ["system-cluster-critical", "system-node-critical"],
}

default _provided := {}

_provided := data.cluster.provides

# Looked up for each reference, so listed once.
_identities contains [resource.type, resource.namespace, resource.name] if some resource in documents.resources

_kept contains [resource.type, resource.namespace] if some resource in documents.resources

exists(type, namespace, name) if [type, namespace, name] in _identities

exists(type, _, name) if name in _built_in[type]

exists(type, _, name) if {
	some pattern in _provided[type]
	glob.match(pattern, null, name)
}

# Whether the target keeps objects of this kind in this namespace.
keeps(type, namespace) if [type, namespace] in _kept

# How bad it is that an object is absent; undefined where it is there. A target that keeps objects of the kind in the
# namespace is expected to keep all of them; one that keeps none may get them from elsewhere.
level(type, namespace, name) := _level(type, namespace) if not exists(type, namespace, name)

_level(type, namespace) := "deny" if keeps(type, namespace)

_level(type, namespace) := "warn" if not keeps(type, namespace)
