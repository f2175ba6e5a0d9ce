# METADATA
# title: Images
# description: Image references taken apart the way a container runtime does, and where a target uses them.
package lib.images

import data.lib.finding
import data.lib.pods
import data.lib.values

# Every use of an image: the container or pod that holds it, and where.
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

# A finding about a use: of its container, or of the pod that mounts the image.
about(use, said) := finding.about_holder(use.holder, object.union(said, {"path": use.path}))

# A reference taken apart; tag and digest are empty where absent. A colon before the last slash is a port's.
parse(reference) := {
	"reference": reference,
	"repository": _repository(path),
	"tag": tag,
	"digest": digest,
} if {
	[_, path, tag, digest] := values.groups(`(?s)^(.*?)(?::([^:/@]*))?(?:@(.*))?$`, reference)
}

# Where Docker's default registry goes by other names, or by none.
_repository(path) := regex.replace(path, `^(index|registry-1)\.docker\.io/`, "docker.io/") if _has_registry(path)

_repository(path) := concat("/", ["docker.io", path]) if {
	not _has_registry(path)
	contains(path, "/")
}

_repository(path) := concat("/", ["docker.io/library", path]) if not contains(path, "/")

_has_registry(path) if regex.match(`^([^/]*[.:][^/]*|localhost)/`, path)

is_digest(text) if regex.match(`^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$`, text)
