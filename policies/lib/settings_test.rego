package lib.settings_test

import data.lib.assert_test as assert
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
		{"name": "four", "projected": {"sources": [{"configMap": {"name": "some", "optional": true}}]}},
	],
})

_target := [examples.workload("Deployment", _pod)]

test_finds_every_place_that_reads if {
	found := settings.uses with input as examples.combined(_target)
	assert.same({[use.kind, use.name, use.keys, use.path] | some use in found}, {
		["ConfigMap", "settings", ["a"], "/env/1/valueFrom/configMapKeyRef"],
		["Secret", "passwords", ["b"], "/env/2/valueFrom/secretKeyRef"],
		["ConfigMap", "all", [], "/envFrom/0/configMapRef"],
		["Secret", "keys", [], "/envFrom/1/secretRef"],
		["ConfigMap", "files", ["c"], "/volumes/1/configMap"],
		["Secret", "certificate", [], "/volumes/2/secret"],
		["Secret", "both", ["d"], "/volumes/3/projected/sources/0/secret"],
		["ConfigMap", "some", [], "/volumes/4/projected/sources/0/configMap"],
		["Secret", "registry", [], "/imagePullSecrets/0"],
	})
	assert.same({use.namespace | some use in found}, {"shop"})
}

_config_map := examples.resource("v1", "ConfigMap", "settings", {"data": {"other": "1"}, "binaryData": {"a": ""}})

_with(more) := examples.combined(array.concat(_target, more))

_missing contains use.name if some use in settings.missing

_missing_keys contains [use.name, use.key] if some use in settings.missing_keys

_creator(kind, spec) := object.union(
	examples.workload(kind, object.union(examples.pod_spec, spec)),
	{"metadata": {"name": "creator"}},
)

test_a_job_or_init_container_may_make_the_secret_that_it_names if {
	container := object.union(examples.container, {"command": ["create"], "args": ["--secret-name=passwords"]})
	every creator in [
		_creator("Job", {"containers": [container]}),
		_creator("Deployment", {"initContainers": [container]}),
	] {
		assert.same(_missing & {"certificate", "passwords"}, {"certificate"}) with input as _with([creator])
	}
	other := object.union(container, {"args": ["--secret-name=passwords-2"]})
	assert.same(_missing & {"passwords"}, {"passwords"})
		with input as _with([_creator("Job", {"containers": [other]})])
	assert.same(_missing & {"passwords"}, {"passwords"})
		with input as _with([_creator("Deployment", {"containers": [container]})])
}

_rights(kind, verbs) := [
	examples.resource("rbac.authorization.k8s.io/v1", kind, "creator", {"rules": [{
		"apiGroups": [""],
		"resources": ["secrets"],
		"verbs": verbs,
	}]}),
	examples.resource("rbac.authorization.k8s.io/v1", sprintf("%sBinding", [kind]), "creator", {
		"roleRef": {"kind": kind, "name": "creator"},
		"subjects": [{"kind": "ServiceAccount", "name": "creator", "namespace": "shop"}],
	}),
]

test_what_may_create_secrets_may_make_any if {
	creator := _creator("Deployment", {"serviceAccountName": "creator"})
	every kind in ["ClusterRole", "Role"] {
		assert.same(_missing, {"all", "files", "settings"})
			with input as _with(array.concat([creator], _rights(kind, ["create"])))
		assert.same(_missing & {"passwords"}, {"passwords"})
			with input as _with(array.concat([creator], _rights(kind, ["get"])))
		assert.same(_missing & {"passwords"}, {"passwords"}) with input as _with(_rights(kind, ["create"]))
	}
}

test_optional_objects_may_be_missing if {
	assert.same(_missing, {"all", "both", "certificate", "files", "passwords", "registry", "settings"})
		with input as _with([])
	assert.same(_missing, {"all", "both", "certificate", "files", "passwords", "registry"})
		with input as _with([_config_map])
}

test_absence_is_worse_where_such_objects_are_kept if {
	found := settings.missing with input as examples.combined([_config_map, _target[0]])
	assert.same({[use.kind, use.level] | some use in found}, {["ConfigMap", "deny"], ["Secret", "warn"]})
}

test_optional_keys_may_be_missing if {
	reference := {"name": "settings", "key": "none", "optional": true}
	reader := examples.server({"env": [{"name": "A", "valueFrom": {"configMapKeyRef": reference}}]})
	assert.same(_missing_keys, set()) with input as array.concat(reader, examples.combined([_config_map]))
}

test_a_secret_without_data_keeps_none if {
	every case in [[{}, "warn"], [{"stringData": {"a": ""}}, "deny"]] {
		target := examples.combined([examples.resource("v1", "Secret", "some", case[0])])
		assert.same(settings.level("/Secret", "shop"), case[1]) with input as target
	}
}

test_keys_of_config_maps_are_known if {
	assert.same(_missing_keys, set()) with input as _with([_config_map])
	without := examples.resource("v1", "ConfigMap", "settings", {"data": {"b": "1"}})
	assert.same(_missing_keys, {["settings", "a"]}) with input as _with([without])
}

test_what_every_cluster_has_is_not_missing if {
	settings.exists("/ConfigMap", "shop", "kube-root-ca.crt") with input as []
	not settings.exists("/ConfigMap", "shop", "settings") with input as []
}

_external(name, spec) := examples.resource("external-secrets.io/v1", "ExternalSecret", "stored", {"spec": object.union(
	{"target": {"name": name}},
	spec,
)})

_sealed(name, spec) := examples.resource("bitnami.com/v1alpha1", "SealedSecret", name, {"spec": spec})

# Each of them creates a Secret with the key b.
_sources := [
	examples.resource("v1", "Secret", "written", {"stringData": {"b": ""}}),
	examples.resource("v1", "Secret", "encoded", {"data": {"b": ""}}),
	_sealed("sealed", {"encryptedData": {"b": ""}}),
	_sealed("templated", {"template": {"data": {"b": ""}}}),
	_external("fetched", {"data": [{"secretKey": "b"}]}),
	_external("made", {"data": [{"secretKey": "c"}], "target": {"template": {"data": {"b": ""}}}}),
	examples.resource("secrets-store.csi.x-k8s.io/v1", "SecretProviderClass", "vault", {"spec": {"secretObjects": [{
		"secretName": "mounted",
		"data": [{"key": "b"}],
	}]}}),
]

_names := {"encoded", "fetched", "made", "mounted", "sealed", "templated", "written"}

_reads(key) := examples.workload("Job", object.union(examples.pod_spec, {"containers": [{
	"name": "reader",
	"env": [{"name": name, "valueFrom": {"secretKeyRef": {"name": name, "key": key}}} | some name in _names],
}]}))

test_every_source_makes_a_secret_with_its_keys if {
	target := examples.combined(array.concat(_sources, [_reads("b")]))
	assert.same(_missing | _missing_keys, set()) with input as target
}

test_every_source_makes_no_other_key if {
	target := examples.combined(array.concat(_sources, [_reads("c")]))
	assert.same(_missing_keys, {[name, "c"] | some name in _names}) with input as target
}

test_keys_that_only_a_store_knows_are_not_judged if {
	assert.same(_missing_keys, set())
		with input as _with([_external("passwords", {"dataFrom": [{"extract": {"key": "all"}}]})])
	assert.same(_missing_keys, set())
		with input as _with([_external("passwords", {"target": {"template": {"templateFrom": [{}]}}})])
	assert.same(_missing_keys, set()) with input as _with([examples.resource("v1", "Secret", "passwords", {})])
}

test_keys_of_a_secret_that_others_make_are_not_judged if {
	every policy in ["Merge", "None"] {
		spec := {"data": [{"secretKey": "c"}], "target": {"creationPolicy": policy}}
		assert.same(_missing_keys, set()) with input as _with([_external("passwords", spec)])
	}
	spec := {"data": [{"secretKey": "c"}], "target": {"creationPolicy": "Orphan"}}
	assert.same(_missing_keys, {["passwords", "b"]}) with input as _with([_external("passwords", spec)])
}

test_a_template_adds_to_what_is_fetched_where_it_says_so if {
	template := {"data": {"c": ""}, "mergePolicy": "Merge"}
	source := _external("fetched", {"data": [{"secretKey": "b"}], "target": {"template": template}})
	target := examples.combined([source])
	assert.same(settings.keys("/Secret", "shop", "fetched"), {"b", "c"}) with input as target
}

test_keys_are_defined_if_all_are_known if {
	target := examples.combined(array.concat(_sources, [_config_map]))
	assert.same(settings.keys("/Secret", "shop", "fetched"), {"b"}) with input as target
	assert.same(settings.keys("/ConfigMap", "shop", "settings"), {"a", "other"}) with input as target
	not settings.keys("/Secret", "shop", "other") with input as target
	empty := examples.combined([examples.resource("v1", "Secret", "passwords", {})])
	not settings.keys("/Secret", "shop", "passwords") with input as empty
}

test_a_certificate_makes_its_secret if {
	made := {"spec": {"secretName": "passwords"}}
	certificate := examples.resource("cert-manager.io/v1", "Certificate", "shop", made)
	assert.same(_missing_keys, {["passwords", "b"]}) with input as _with([certificate])
	every more in [{"keystores": {"jks": {"create": true}}}, {"additionalOutputFormats": [{"type": "DER"}]}] {
		assert.same(_missing_keys, set()) with input as _with([object.union(certificate, {"spec": more})])
	}
}

_findings := [settings.about(use, {"msg": "reads", "fix": ""}) | some use in settings.uses]

test_a_finding_is_about_the_reader if {
	found := _findings with input as examples.combined(_target)
	assert.same({[each.msg, each.path] | some each in found; each.container == ""}, {
		["Deployment/cart: the pod reads", "/spec/template/spec/imagePullSecrets/0"],
		["Deployment/cart: the pod reads", "/spec/template/spec/volumes/1/configMap"],
		["Deployment/cart: the pod reads", "/spec/template/spec/volumes/2/secret"],
		["Deployment/cart: the pod reads", "/spec/template/spec/volumes/3/projected/sources/0/secret"],
		["Deployment/cart: the pod reads", "/spec/template/spec/volumes/4/projected/sources/0/configMap"],
	})
}
