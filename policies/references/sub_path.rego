# METADATA
# title: Files that are mounted alone are in their volume
# description: |
#   Where a ConfigMap or Secret has no file of the name in subPath, the kubelet makes an empty folder of that name, and
#   the program finds a folder where its settings should be. Volumes are judged whose files are all known.
# custom:
#   id: references.sub_path
#   profile: general
#   subjects: containers
#   severity: high
#   fix: "write a key of the ConfigMap or Secret in subPath, or the path that an item gives it"
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
		"fix": "write one of these files in subPath, or add the key to the ConfigMap or Secret",
		"path": sprintf("/volumeMounts/%d/subPath", [index]),
	})
}

# The files of a volume; undefined where not all of them are known.
_files(namespace, volume) := _of_source(namespace, "/ConfigMap", volume.configMap, volume.configMap.name)

_files(namespace, volume) := _of_source(namespace, "/Secret", volume.secret, volume.secret.secretName)

_of_source(namespace, type, source, name) := _renamed(source, settings.keys(type, namespace, name))

# Items leave out what they do not list.
_renamed(source, keys) := keys if not source.items

_renamed(source, keys) := {item.path | some item in values.list(source.items); item.key in keys} if source.items

_is_among(path, files) if path in files

# An item may lie in a folder.
_is_among(path, files) if {
	some file in files
	startswith(file, concat("", [path, "/"]))
}

_written(files) := "none" if count(files) == 0

_written(files) := concat(", ", files) if count(files) > 0
