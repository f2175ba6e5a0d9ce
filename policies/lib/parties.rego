# METADATA
# title: Parties
# description: |
#   All possible ends of a connection: rendered pods, pods in the table `flows`, undeclared pods, and addresses. The id
#   of a party is its position, as a text: OPA gives arrays of numbers with the same sum the same hash, so that a set
#   of thousands of pairs of numbers is slow.
package lib.parties

import data.lib.documents
import data.lib.network
import data.lib.pods
import data.lib.selectors
import data.lib.values

all_parties := object.union(_numbered, {})

_numbered[sprintf("%06d", [position])] := party if {
	some position, party in array.flatten([_rendered, _known, _strangers, _addresses])
}

# The pods to which the policies of the target apply: all pods of its namespaces, rendered or not.
own contains id if {
	some id, party in all_parties
	party.namespace in pods.namespaces
}

# The pods that a policy selects.
subjects(policy) := object.get(_chosen, [policy.namespace, network.pod_selector(policy.content.spec)], set())

# The parties that a peer selects, for a policy in a namespace.
members(peer, _) := _within([peer.ipBlock.cidr], values.list(values.at(peer, ["ipBlock", "except"])))

members(peer, namespace) := object.get(_chosen, [namespace, network.pod_selector(peer)], set()) if {
	is_object(peer.podSelector)
	not peer.namespaceSelector
}

members(peer, _) := {id |
	some name, labels in _namespaces
	selectors.matches(peer.namespaceSelector, labels)
	some id in _inhabitants[name]
	_is_chosen(network.pod_selector(peer), all_parties[id])
} if {
	is_object(peer.namespaceSelector)
}

# The parties that a name in the table refers to, for a namespace: a pod in it or in another namespace,
named[namespace][title] contains id if {
	some namespace in pods.namespaces
	some inhabited in ({namespace} | _elsewhere)
	some id in _inhabitants[inhabited]
	title := all_parties[id].title
}

# a group,
named[namespace][group] contains id if {
	some namespace in pods.namespaces
	some group, labels in values.map(data.flows.groups)
	some id in _inhabitants[namespace]
	all_parties[id].resource
	selectors.matches({"matchLabels": labels}, all_parties[id].labels)
}

# addresses,
named[namespace][title] contains id if {
	some namespace in pods.namespaces
	some title, other in _others
	some id in _within(other.addresses, object.get(other, "except", []))
}

# or all pods to which the policies of the namespace apply, rendered or not.
named[namespace]["every pod"] contains id if {
	some namespace in pods.namespaces
	some id in _inhabitants[namespace]
}

_rendered := [object.union(party, {"ports": _ports(pod), "resource": pod.resource}) |
	some pod in pods.templates
	party := _party(_written_name(pod.resource), pod.resource.namespace, pod.labels)
]

# Kustomize can end the name of a Job with a hash of its content, which a table cannot know.
_written_name(resource) := regex.replace(resource.name, `-[2456789bcdfghkmt]{10}$`, "") if resource.kind == "Job"

_written_name(resource) := resource.name if resource.kind != "Job"

_party(title, namespace, labels) := {"labels": labels, "namespace": namespace, "title": title}

# The names of container ports. The same name can be a TCP port and another UDP port.
_ports(pod) := {[port.name, object.get(port, "protocol", "TCP"), port.containerPort] |
	some container in values.list(pod.spec.containers)
	some port in values.list(values.at(container, ["ports"]))
}

_others[title] := other if {
	some title, other in values.map(data.flows.others)
	_is_there(other)
}

_is_there(other) if not other["with"]

_is_there(other) if other["with"] in _objects

_objects contains name if {
	some resource in documents.resources
	some name in [resource.type, concat("/", [resource.type, resource.name])]
}

_known := [_party(title, namespace, other.pods) |
	some title, other in _others
	some namespace in _homes(other)
]

_homes(other) := {other.namespace} if other.namespace

_homes(other) := pods.namespaces if not other.namespace

_elsewhere contains other.namespace if some other in _others

# Undeclared pods. In a known namespace there are two: one without labels, and one with unknown values for all labels
# that selectors use. In an unknown namespace, pods may have any labels.
_strangers := array.concat(
	[_stranger(sprintf("%s in %s", [title, namespace]), namespace, labels) |
		some namespace in (pods.namespaces | _elsewhere)
		some title, labels in {"a pod without labels": {}, "a pod with unknown labels": _unknown_labels}
	],
	[_stranger(sprintf("any pod of %s", [namespace]), namespace, null) | some namespace, _ in _unknown_namespaces],
)

_stranger(title, namespace, labels) := object.union(_party(title, namespace, labels), {"stranger": true})

_unknown_labels[key] := "unknown" if {
	some rule in network.all_rules
	some peer in rule.peers
	some selector in object.filter(values.map(peer), ["namespaceSelector", "podSelector"])
	some key in selectors.keys(selector)
}

# Its title is not a valid namespace name, so that no selector matches it.
_unknown_namespaces[title] := object.union(labels, {"kubernetes.io/metadata.name": title}) if {
	some title, labels in {
		"an unknown namespace": {},
		"an unknown namespace with labels": _unknown_labels,
	}
}

# The labels of namespaces for a namespaceSelector.
_namespaces[name] := labels if some name, labels in _unknown_namespaces

_namespaces[name] := object.union(_labels_of(name), {"kubernetes.io/metadata.name": name}) if {
	some name in (pods.namespaces | _elsewhere)
}

_labels_of(name) := object.union_n([values.map(values.at(namespace.content, ["metadata", "labels"])) |
	some namespace in documents.of("", "Namespace")
	namespace.name == name
])

_inhabitants[namespace] contains id if {
	some id, party in all_parties
	not party.block
	namespace := party.namespace
}

# The parties that each podSelector selects in its namespace. Computed once for all rules that use it.
_chosen[namespace][selector] contains id if {
	some [namespace, selector] in _local_selectors
	some id in _inhabitants[namespace]
	_is_chosen(selector, all_parties[id])
}

_local_selectors contains [policy.namespace, network.pod_selector(policy.content.spec)] if {
	some policy in network.policies
}

_local_selectors contains [rule.policy.namespace, network.pod_selector(peer)] if {
	some rule in network.all_rules
	some peer in rule.peers
}

# Every selector selects pods that may have any labels.
_is_chosen(_, party) if is_null(party.labels)

_is_chosen(selector, party) if selectors.matches(selector, party.labels)

# Two blocks in the policies and the table are either separate, or one contains the other. So the addresses of a block
# that are not in a narrower block are all treated the same, and form one party.
_addresses := [object.union(_party(_title_of(block), "", {}), {"block": block}) |
	some block in _blocks
	not block in net.cidr_merge(object.get(_narrower, block, set()))
]

# The name of the narrowest entry in the table that contains the block.
_title_of(block) := max(ranked)[2] if {
	wider := _wider[block]
	ranked := {[to_number(split(wide, "/")[1]), count(except), title] |
		some title, other in _others
		except := object.get(other, "except", [])
		some wide in other.addresses
		_canonical(wide) in wider
		every exception in except {
			not _canonical(exception) in wider
		}
	}
} else := sprintf("addresses in %s", [block])

_blocks contains block if {
	some named in network.blocks
	some block in net.cidr_merge([named])
}

_blocks contains block if {
	some other in _others
	some named in array.concat(other.addresses, object.get(other, "except", []))
	some block in net.cidr_merge([named])
}

# The block as it is in `_blocks`: without the bits after its prefix. Undefined for an invalid block.
_canonical(block) := merged if {
	net.cidr_is_valid(block)
	some merged in net.cidr_merge([block])
}

# Of each block, all blocks that contain it, and the block itself. A block has one candidate for each length of a
# prefix, so that the blocks are not compared with each other.
_wider := object.union(_wider_of, {})

_wider_of[block] contains wide if {
	some block in _blocks
	[address, own] := split(block, "/")
	some length in _lengths[_family(block)]
	length <= to_number(own)
	some wide in net.cidr_merge([sprintf("%s/%d", [address, length])])
	wide in _blocks
}

_lengths[_family(block)] contains to_number(split(block, "/")[1]) if some block in _blocks

_family(block) := "IPv6" if contains(block, ":")

_family(block) := "IPv4" if not contains(block, ":")

# The blocks within each block, and the parties within each block.
_narrower := object.union(_narrower_of, {})

_narrower_of[wide] contains block if {
	some block, wider in _wider
	some wide in wider
	wide != block
}

_inside := object.union(_inside_of, {})

_inside_of[wide] contains id if {
	some id, party in all_parties
	some wide in _wider[party.block]
}

# The parties within some blocks, without those within other blocks. An invalid block contains nothing.
_within(blocks, except) := _parties_in(blocks) - _parties_in(except)

_parties_in(blocks) := union({_inside[_canonical(block)] | some block in blocks})
