package rules.workloads.runtime_socket_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.workloads.runtime_socket

_mounted(path) := examples.deployment({"volumes": [{"name": "host", "hostPath": {"path": path}}]})

test_accepts_other_paths if {
	every path in ["/var/log", "/run/secrets", "/run/docker.sock.d"] {
		assert.none(runtime_socket.deny) with input as _mounted(path)
	}
	assert.none(runtime_socket.deny) with input as examples.deployment({"volumes": [{"name": "tmp", "emptyDir": {}}]})
}

test_denies_sockets_and_their_folders if {
	every path in [
		"/var/run/docker.sock",
		"//run/docker.sock",
		"/run/containerd/",
		"/run/podman",
		"/run",
		"/var/run",
		"/",
		`\\.\pipe\docker_engine`,
	] {
		assert.size(runtime_socket.deny, 1) with input as _mounted(path)
	}
}

test_denies_it_in_every_kind if {
	volumes := [{"name": "host", "hostPath": {"path": "/var/run/docker.sock"}}]
	found := runtime_socket.deny
		with input as examples.every_kind(object.union(examples.pod_spec, {"volumes": volumes}))
	assert.same(examples.names(found), examples.kinds)
	"Pod/Pod: volume host exposes the container runtime at /run/docker.sock" in examples.messages(found)
}

# The socket paths in the documentation of the runtimes.
test_denies_every_socket if {
	every path in [
		"/run/buildkit/buildkitd.sock",
		"/run/containerd/containerd.sock",
		"/run/cri-dockerd.sock",
		"/run/crio/crio.sock",
		"/run/docker.sock",
		"/run/k0s/containerd.sock",
		"/run/k3s/containerd/containerd.sock",
		"/run/podman/podman.sock",
		"/var/snap/microk8s/common/run/containerd.sock",
		`\\.\pipe\containerd-containerd`,
	] {
		assert.messages(runtime_socket.deny, {
			sprintf("Deployment/cart: volume host exposes the container runtime at %s", [path]),
		}) with input as _mounted(path)
	}
}
