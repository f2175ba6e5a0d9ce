# METADATA
# title: Images
# description: Parses image references as a container runtime does, and lists where a target uses images.
package lib.images

import data.lib.finding
import data.lib.pods
import data.lib.values

# Every use of an image, with the container or pod that uses it and the path.
uses := array.concat(_of_containers, _of_volumes)

_of_containers := [{"holder": container, "pod": container.pod, "image": image, "path": "/image"} |
	some container in pods.containers
	image := parse(values.text(values.at(container.content, ["image"])))
]

_of_volumes := [{"holder": pod, "pod": pod, "image": image, "path": path} |
	some pod in pods.templates
	some index, volume in values.list(values.at(pod.spec, ["volumes"]))
	image := parse(values.text(volume.image.reference))
	path := sprintf("/volumes/%d/image/reference", [index])
]

namespace(use) := use.pod.resource.namespace

# A finding about the container that uses an image, or about the pod that mounts it.
about(use, body) := finding.about_holder(use.holder, object.union(body, {"path": use.path}))

# The parts of a reference. Tag and digest are empty if absent. A colon before the last slash belongs to a port.
parse(reference) := {
	"reference": reference,
	"repository": _repository(path),
	"tag": tag,
	"digest": digest,
} if {
	[_, path, tag, digest] := values.groups(`(?s)^(.*?)(?::([^:/@]*))?(?:@(.*))?$`, reference)
}

# The default registry of Docker, which has several names, or none.
_repository(path) := regex.replace(path, `^(index|registry-1)\.docker\.io/`, "docker.io/") if _has_registry(path)

_repository(path) := concat("/", ["docker.io", path]) if {
	not _has_registry(path)
	contains(path, "/")
}

_repository(path) := concat("/", ["docker.io/library", path]) if not contains(path, "/")

_has_registry(path) if regex.match(`^([^/]*[.:][^/]*|localhost)/`, path)

is_digest(text) if regex.match(`^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$`, text)
