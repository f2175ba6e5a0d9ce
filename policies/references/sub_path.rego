# METADATA
# title: Files in subPath exist in their volume
# description: |
#   If a ConfigMap or Secret does not contain the file in subPath, the kubelet creates an empty folder with that name.
#   The program then finds a folder instead of its settings. The rule checks volumes whose files are all known.
# custom:
#   id: references.sub_path
#   profile: general
#   subjects: containers
#   severity: high
#   fix: "set subPath to a key of the ConfigMap or Secret, or to the path of an item"
#   docs: https://kubernetes.io/docs/concepts/storage/volumes/#using-subpath
package rules.references.sub_path

import data.lib.finding
import data.lib.pods
import data.lib.settings
import data.lib.values

deny contains found if {
	some container in pods.containers
	some index, mount in values.list(values.at(container.content, ["volumeMounts"]))
	path := trim(values.text(values.at(mount, ["subPath"])), "/")
	path != ""
	some volume in values.list(values.at(container.pod.spec, ["volumes"]))
	volume.name == mount.name
	files := _files(container.pod.resource.namespace, volume)
	not _is_among(path, files)
	found := finding.about_container(container, {
		"msg": sprintf("mounts the file %s of volume %s, which has %s", [path, mount.name, _written(files)]),
		"fix": "set subPath to one of these files, or add the key to the ConfigMap or Secret",
		"path": sprintf("/volumeMounts/%d/subPath", [index]),
	})
}

# The files of a volume. Undefined if some of them are unknown.
_files(namespace, volume) := _of_source(namespace, "/ConfigMap", volume.configMap, volume.configMap.name)

_files(namespace, volume) := _of_source(namespace, "/Secret", volume.secret, volume.secret.secretName)

_of_source(namespace, type, source, name) := _renamed(source, settings.keys(type, namespace, name))

# With `items`, the volume has only the listed keys.
_renamed(source, keys) := keys if not source.items

_renamed(source, keys) := {item.path | some item in values.list(source.items); item.key in keys} if source.items

_is_among(path, files) if path in files

# The path of an item may contain folders.
_is_among(path, files) if {
	some file in files
	startswith(file, concat("", [path, "/"]))
}

_written(files) := "none" if count(files) == 0

_written(files) := concat(", ", files) if count(files) > 0
