# METADATA
# title: Containers cannot reach the container runtime
# description: |
#   The socket of Docker, containerd or CRI-O gives root access to the node, because a client can start a privileged
#   container. A hostPath to a folder that contains the socket gives the same access.
# custom:
#   id: workloads.runtime_socket
#   profile: general
#   subjects: pods
#   severity: high
#   fix: "remove the volume; build images with a rootless builder, and read logs from the API"
#   docs: https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
package rules.workloads.runtime_socket

import data.lib.finding
import data.lib.pods
import data.lib.values

# The parent folders count too, because they contain the socket.
_sockets := {
	"/run/buildkit/buildkitd.sock",
	"/run/containerd/containerd.sock",
	"/run/cri-dockerd.sock",
	"/run/crio/crio.sock",
	"/run/docker.sock",
	"/run/k0s/containerd.sock",
	"/run/k3s/containerd/containerd.sock",
	"/run/podman/podman.sock",
	"/var/snap/microk8s/common/run/containerd.sock",
}

# The sockets on Windows nodes.
_pipes := {`\\.\pipe\containerd-containerd`, `\\.\pipe\docker_engine`}

deny contains found if {
	some pod in pods.templates
	some index, volume in values.list(values.at(pod.spec, ["volumes"]))
	path := _normal(values.text(values.at(volume, ["hostPath", "path"])))
	_shows_a_socket(path)
	found := finding.about_pod(pod, {
		"msg": sprintf("volume %s exposes the container runtime at %s", [object.get(volume, "name", ""), path]),
		"fix": "remove the volume; build images with a rootless builder, and read logs from the API",
		"path": sprintf("/volumes/%d/hostPath", [index]),
	})
}

_shows_a_socket(path) if path in _sockets

_shows_a_socket(path) if path in _pipes

_shows_a_socket(path) if {
	path != ""
	some socket in _sockets
	startswith(socket, concat("", [trim_right(path, "/"), "/"]))
}

# /var/run is a link to /run.
_normal(path) := regex.replace(regex.replace(path, `/+`, "/"), `^/var/run(/|$)`, "/run$1")
