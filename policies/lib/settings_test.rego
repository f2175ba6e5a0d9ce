package lib.settings_test

import data.lib.examples_test as examples
import data.lib.settings

_reader := object.union(examples.container, {
	"env": [
		{"name": "PLAIN", "value": "1"},
		{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "a"}}},
		{"name": "B", "valueFrom": {"secretKeyRef": {"name": "passwords", "key": "b"}}},
	],
	"envFrom": [{"configMapRef": {"name": "all"}}, {"secretRef": {"name": "keys", "optional": true}}],
})

_pod := object.union(examples.pod_spec, {
	"containers": [_reader],
	"imagePullSecrets": [{"name": "registry"}],
	"volumes": [
		{"name": "tmp", "emptyDir": {}},
		{"name": "one", "configMap": {"name": "files", "items": [{"key": "c", "path": "c"}]}},
		{"name": "two", "secret": {"secretName": "certificate"}},
		{"name": "three", "projected": {"sources": [{"secret": {"name": "both", "items": [{"key": "d", "path": "d"}]}}]}},
	],
})

_target := [examples.workload("Deployment", _pod)]

test_finds_every_place_that_reads if {
	found := settings.uses with input as examples.combined(_target)
	{[use.kind, use.name, use.keys, use.path] | some use in found} == {
		["ConfigMap", "settings", ["a"], "/env/1/valueFrom/configMapKeyRef"],
		["Secret", "passwords", ["b"], "/env/2/valueFrom/secretKeyRef"],
		["ConfigMap", "all", [], "/envFrom/0/configMapRef"],
		["Secret", "keys", [], "/envFrom/1/secretRef"],
		["ConfigMap", "files", ["c"], "/volumes/1/configMap"],
		["Secret", "certificate", [], "/volumes/2/secret"],
		["Secret", "both", ["d"], "/volumes/3/projected/sources/0/secret"],
		["Secret", "registry", [], "/imagePullSecrets/0"],
	}
	{use.namespace | some use in found} == {"shop"}
}

_config_map := examples.resource("v1", "ConfigMap", "settings", {"data": {"other": "1"}, "binaryData": {"a": ""}})

_with(more) := examples.combined(array.concat(_target, more))

_missing contains use.name if some use in settings.missing

_missing_keys contains [use.name, use.key] if some use in settings.missing_keys

test_optional_objects_may_be_missing if {
	_missing == {"all", "both", "certificate", "files", "passwords", "registry", "settings"} with input as _with([])
	_missing == {"all", "both", "certificate", "files", "passwords", "registry"} with input as _with([_config_map])
}

test_absence_is_worse_where_such_objects_are_kept if {
	found := settings.missing with input as examples.combined([_config_map, _target[0]])
	{[use.kind, use.level] | some use in found} == {["ConfigMap", "deny"], ["Secret", "warn"]}
}

test_keys_of_config_maps_are_known if {
	_missing_keys == set() with input as _with([_config_map])
	without := examples.resource("v1", "ConfigMap", "settings", {"data": {"b": "1"}})
	_missing_keys == {["settings", "a"]} with input as _with([without])
}

test_what_every_cluster_has_is_not_missing if {
	settings.exists("/ConfigMap", "shop", "kube-root-ca.crt") with input as []
	not settings.exists("/ConfigMap", "shop", "settings") with input as []
}

_external(spec) := examples.resource("external-secrets.io/v1", "ExternalSecret", "stored", {"spec": object.union(
	{"target": {"name": "passwords"}},
	spec,
)})

_sources(key) := [
	examples.resource("v1", "Secret", "passwords", {"stringData": {key: ""}}),
	examples.resource("bitnami.com/v1alpha1", "SealedSecret", "passwords", {"spec": {"encryptedData": {key: ""}}}),
	examples.resource("bitnami.com/v1alpha1", "SealedSecret", "passwords", {"spec": {"template": {"data": {key: ""}}}}),
	_external({"data": [{"secretKey": key}]}),
	_external({"data": [{"secretKey": "raw"}], "target": {"template": {"data": {key: ""}}}}),
	examples.resource("secrets-store.csi.x-k8s.io/v1", "SecretProviderClass", "vault", {"spec": {"secretObjects": [{
		"secretName": "passwords",
		"data": [{"key": key}],
	}]}}),
]

test_every_source_makes_a_secret_with_its_keys if {
	every source in _sources("b") {
		not "passwords" in _missing with input as _with([source])
		_missing_keys == set() with input as _with([source])
	}
	every source in _sources("c") {
		_missing_keys == {["passwords", "b"]} with input as _with([source])
	}
}

test_keys_that_only_a_store_knows_are_not_judged if {
	_missing_keys == set() with input as _with([_external({"dataFrom": [{"extract": {"key": "all"}}]})])
	_missing_keys == set() with input as _with([_external({"target": {"template": {"templateFrom": [{}]}}})])
	_missing_keys == set() with input as _with([examples.resource("v1", "Secret", "passwords", {})])
}

test_a_certificate_makes_its_secret if {
	made := {"spec": {"secretName": "passwords"}}
	certificate := examples.resource("cert-manager.io/v1", "Certificate", "shop", made)
	_missing_keys == {["passwords", "b"]} with input as _with([certificate])
	more := {"spec": {"keystores": {"jks": {"create": true}}}}
	_missing_keys == set() with input as _with([object.union(certificate, more)])
}

_findings := [settings.about(use, {"msg": "reads", "fix": ""}) | some use in settings.uses]

test_a_finding_is_about_the_reader if {
	found := _findings with input as examples.combined(_target)
	{[each.msg, each.path] | some each in found; each.container == ""} == {
		["Deployment/cart: the pod reads", "/spec/template/spec/imagePullSecrets/0"],
		["Deployment/cart: the pod reads", "/spec/template/spec/volumes/1/configMap"],
		["Deployment/cart: the pod reads", "/spec/template/spec/volumes/2/secret"],
		["Deployment/cart: the pod reads", "/spec/template/spec/volumes/3/projected/sources/0/secret"],
	}
}
