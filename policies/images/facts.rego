# METADATA
# title: Containers match the facts about their images
# description: |
#   The table `images` lists the user, group, ports and writable paths of each image, with the source of these facts.
#   With another user the program cannot read its files, on another port it does not answer, and with a read-only root
#   filesystem it cannot write elsewhere. An unknown image may be unmaintained.
# custom:
#   id: images.facts
#   profile: system
#   subjects: containers
#   severity: medium
#   fix: "use the values of the table `images`, or change the entry and its source in the same pull request"
package rules.images.facts

import data.lib.finding
import data.lib.images
import data.lib.pods
import data.lib.values

deny contains found if {
	some use in _uses
	count(_rows(use)) == 0
	found := finding.about_container(use.holder, {
		"msg": sprintf("uses %s, which is not in the table `images`", [use.image.repository]),
		"fix": "add the user, ports, paths and source of the image to policies/data/images.yaml",
		"path": "/image",
	})
}

deny contains found if {
	some use in _uses
	some row in _rows(use)
	count(_differences(use.holder, row)) > 0
	found := finding.about_container(use.holder, {
		"msg": sprintf("differs from the table `images` for %s: %s", [
			row.repository,
			concat(", ", _differences(use.holder, row)),
		]),
		"fix": sprintf("use the values from %s, or correct the entry in policies/data/images.yaml", [row.source]),
		"path": "",
	})
}

# Only in namespaces of the system itself: its tables do not describe others. The image of a volume is found too, but
# its holder is not a container, so there is no finding.
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

# An entry without a user is an image that runs as any user.
_identity(container, row) := [difference |
	some key, known in {"runAsUser": row.user, "runAsGroup": row.group, "fsGroup": row.group}
	value := _setting(container, key)
	value != known
	difference := sprintf("%s is %v instead of %v", [key, value, known])
]

# The value for the container: its own setting, or the setting of its pod.
_setting(container, key) := own if {
	own := pods.setting(container.content, key)
	own != null
} else := pods.setting(container.pod.spec, key)

_ports(container) := {port |
	some entry in values.list(values.at(container.content, ["ports"]))
	port := values.at(entry, ["containerPort"])
}

# The paths to which the container can write: mounts that are not read-only, of volumes that are not always read-only.
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

# Jobs with the same image share other paths with the containers of their pod.
_writable(row) := array.concat(row.writes, object.get(row, "shares", []))

# Long-running containers need all paths to which their program writes.
_needed(container, row) := row.writes if {
	container.list == "containers"
	pods.is_long_running(container.pod)
} else := []
