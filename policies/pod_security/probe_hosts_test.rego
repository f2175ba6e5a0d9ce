package rules.pod_security.probe_hosts_test

import data.lib.assert_test as assert
import data.lib.examples_test as examples
import data.rules.pod_security.probe_hosts

test_accepts_the_pod_itself if {
	assert.none(probe_hosts.deny) with input as examples.deployment({})
}

test_denies_other_hosts if {
	assert.messages(probe_hosts.deny, {
		"Deployment/cart: container server sends a request to host 192.0.2.1 in its preStop",
		"Deployment/cart: container server sends a request to host example.com in its livenessProbe",
	}) with input as examples.server({
		"livenessProbe": {"httpGet": {"host": "example.com"}},
		"lifecycle": {"preStop": {"tcpSocket": {"host": "192.0.2.1", "port": 1}}},
	})
}

test_accepts_other_hosts_before_1_34 if {
	target := examples.server({"startupProbe": {"tcpSocket": {"host": "127.0.0.1", "port": 1}}})
	assert.none(probe_hosts.deny) with input as target with data.target as {"kubernetes": "1.33"}
	assert.size(probe_hosts.deny, 1) with input as target with data.target as {"kubernetes": "1.34"}
}

test_denies_everywhere if {
	bad := object.union(examples.container, {"startupProbe": {"tcpSocket": {"host": "127.0.0.1", "port": 1}}})
	assert.same(examples.names(probe_hosts.deny), examples.places) with input as examples.everywhere(bad)
}

test_denies_it_for_every_kind_of_claim if {
	every asker in ["livenessProbe", "readinessProbe", "startupProbe", "lifecycle/postStart", "lifecycle/preStop"] {
		patch := [{"op": "add", "path": sprintf("/%s", [asker]), "value": {"httpGet": {"host": "192.0.2.1"}}}]
		content := json.patch({"name": "server", "lifecycle": {}}, patch)
		found := probe_hosts.deny with input as examples.deployment({"containers": [content]})
		path := sprintf("/spec/template/spec/containers/0/%s/httpGet/host", [asker])
		assert.same(examples.autofixes(found), {path: {"remove": true}})
	}
}
