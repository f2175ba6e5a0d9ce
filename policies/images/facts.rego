# METADATA
# title: Containers are as their images need them
# description: |
#   The table `images` holds what is known of each image: its user and group, the ports on which it listens and the
#   paths to which it writes, each with its source. Another user cannot read the image's files, another port answers
#   nobody, and with a read-only root nothing else can be written. An image of which nothing is known may be one that
#   nobody maintains.
# custom:
#   id: images.facts
#   profile: system
#   subjects: containers
#   severity: medium
#   fix: "write what the table images says, or change its row and the source of it in the same pull request"
package rules.images.facts

import data.lib.finding
import data.lib.images
import data.lib.pods
import data.lib.values

deny contains found if {
	some use in _uses
	count(_rows(use)) == 0
	found := finding.about_container(use.holder, {
		"msg": sprintf("uses %s, of which nothing is known", [use.image.repository]),
		"fix": "add a row to policies/data/images.yaml, with the image's user, ports, paths and their source",
		"path": "/image",
	})
}

deny contains found if {
	some use in _uses
	some row in _rows(use)
	count(_differences(use.holder, row)) > 0
	found := finding.about_container(use.holder, {
		"msg": sprintf("differs from what is known of %s: %s", [row.repository, concat(", ", _differences(use.holder, row))]),
		"fix": sprintf("write what %s says, or mend the row in policies/data/images.yaml", [row.source]),
		"path": "",
	})
}

# Only where the system itself runs: its tables know nothing of other namespaces. The image of a volume is found, too,
# but as its holder is no container it makes no finding.
_uses := [use |
	some use in images.uses
	data.environments[images.namespace(use)]
]

_rows(use) := [row |
	some row in data.images
	row.repository == use.image.repository
]

_differences(container, row) := sort(array.flatten([
	_identity(container, row),
	[sprintf("port %v", [port]) | some port in _ports(container); not port in row.ports],
	[sprintf("may write to %s", [path]) | some path in _written(container); not path in _writable(row)],
	[sprintf("cannot write to %s", [path]) | some path in _needed(container, row); not path in _written(container)],
]))

# A row without a user is of an image that runs as anybody.
_identity(container, row) := [difference |
	some key, known in {"runAsUser": row.user, "runAsGroup": row.group, "fsGroup": row.group}
	value := _setting(container, key)
	value != known
	difference := sprintf("%s is %v instead of %v", [key, value, known])
]

# What holds for the container: its own setting, or its pod's.
_setting(container, key) := own if {
	own := pods.setting(container.content, key)
	own != null
} else := pods.setting(container.pod.spec, key)

_ports(container) := {port |
	some entry in values.list(values.at(container.content, ["ports"]))
	port := values.at(entry, ["containerPort"])
}

# Where the container may write: what is mounted neither read-only nor from a kind of volume that always is.
_written(container) := {mount.mountPath |
	some mount in values.list(values.at(container.content, ["volumeMounts"]))
	not mount.readOnly == true
	not mount.name in _read_only(container.pod)
}

_read_only(pod) := {volume.name |
	some volume in values.list(values.at(pod.spec, ["volumes"]))
	some kind in ["configMap", "downwardAPI", "image", "projected", "secret"]
	volume[kind]
}

# Jobs of the same image share other paths with the containers beside them.
_writable(row) := array.concat(row.writes, object.get(row, "shares", []))

# What runs for ever must have all that its program writes to.
_needed(container, row) := row.writes if {
	container.list == "containers"
	pods.is_long_running(container.pod)
} else := []
