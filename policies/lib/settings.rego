# METADATA
# title: Settings
# description: |
#   The ConfigMaps and Secrets that pods read, with the keys that they use, and all ConfigMaps and Secrets that will
#   exist. A SealedSecret, an ExternalSecret, a Certificate or a SecretProviderClass creates a Secret.
package lib.settings

import data.lib.documents
import data.lib.finding
import data.lib.pods
import data.lib.rbac
import data.lib.references
import data.lib.values

_types := {
	"configMap": "/ConfigMap",
	"configMapKeyRef": "/ConfigMap",
	"configMapRef": "/ConfigMap",
	"secret": "/Secret",
	"secretKeyRef": "/Secret",
	"secretRef": "/Secret",
}

# Every reference to a ConfigMap or Secret: its holder, the object, its keys and the path.
uses := array.flatten([_of_env, _of_env_from, _of_volumes, _of_projections, _of_registries])

_of_env := [use |
	some container in pods.containers
	some index, variable in values.list(values.at(container.content, ["env"]))
	some field in ["configMapKeyRef", "secretKeyRef"]
	source := values.map(variable.valueFrom[field])
	path := sprintf("/env/%d/valueFrom/%s", [index, field])
	use := _use(container, _types[field], source, [values.text(values.at(source, ["key"]))], path)
]

_of_env_from := [use |
	some container in pods.containers
	some index, source in values.list(values.at(container.content, ["envFrom"]))
	some field in ["configMapRef", "secretRef"]
	path := sprintf("/envFrom/%d/%s", [index, field])
	use := _use(container, _types[field], values.map(source[field]), [], path)
]

_of_volumes := [use |
	some pod in pods.templates
	some index, volume in values.list(values.at(pod.spec, ["volumes"]))
	some field in ["configMap", "secret"]
	source := values.map(volume[field])
	path := sprintf("/volumes/%d/%s", [index, field])
	use := _use(pod, _types[field], source, _items(source), path)
]

_of_projections := [use |
	some pod in pods.templates
	some index, volume in values.list(values.at(pod.spec, ["volumes"]))
	some position, projection in values.list(volume.projected.sources)
	some field in ["configMap", "secret"]
	source := values.map(projection[field])
	path := sprintf("/volumes/%d/projected/sources/%d/%s", [index, position, field])
	use := _use(pod, _types[field], source, _items(source), path)
]

_of_registries := [_use(pod, "/Secret", values.map(source), [], sprintf("/imagePullSecrets/%d", [index])) |
	some pod in pods.templates
	some index, source in values.list(values.at(pod.spec, ["imagePullSecrets"]))
]

_use(holder, type, source, keys, path) := {
	"holder": holder,
	"keys": keys,
	"kind": trim_prefix(type, "/"),
	"name": values.text(object.get(source, "secretName", object.get(source, "name", ""))),
	"namespace": _namespace(holder),
	"optional": object.get(source, "optional", false),
	"path": path,
	"type": type,
}

_items(source) := [values.text(values.at(item, ["key"])) | some item in values.list(values.at(source, ["items"]))]

_namespace(holder) := holder.pod.resource.namespace if holder.content

_namespace(holder) := holder.resource.namespace if holder.spec

# Every ConfigMap and Secret that will exist: its type, namespace, name and keys, and whether it may have keys that are
# unknown here.
_sources := array.flatten([_config_maps, _secrets, _sealed, _external, _certificates, _mounted])

_config_maps := [_source(resource, "/ConfigMap", resource.name, keys, false) |
	some resource in documents.of("", "ConfigMap")
	keys := _keys(resource.content, [["data"], ["binaryData"]])
]

# Another tool fills a Secret without data.
_secrets := [_source(resource, "/Secret", resource.name, keys, count(keys) == 0) |
	some resource in documents.of("", "Secret")
	keys := _keys(resource.content, [["data"], ["stringData"]])
]

_sealed := [_source(resource, "/Secret", resource.name, keys, false) |
	some resource in documents.of("bitnami.com", "SealedSecret")
	keys := _keys(resource.content, [["spec", "encryptedData"], ["spec", "template", "data"]])
]

_external := [_source(resource, "/Secret", name, array.concat(written, made), unknown) |
	some resource in documents.of("external-secrets.io", "ExternalSecret")
	spec := values.map(values.at(resource.content, ["spec"]))
	name := values.text(object.get(spec, ["target", "name"], resource.name))
	template := values.map(values.at(spec, ["target", "template"]))
	made := _keys(template, [["data"]])
	written := [entry.secretKey | some entry in values.list(values.at(spec, ["data"])); _keeps_data(template, made)]
	unknown := count({true | some may in _may_have_others(spec, template); may}) > 0
]

# A template with data replaces the fetched data, unless mergePolicy is set.
_keeps_data(_, made) if count(made) == 0

_keeps_data(template, _) if template.mergePolicy == "Merge"

# Unknown keys: those that only the external store knows, and those of a Secret that another tool creates.
_may_have_others(spec, template) := [
	count(values.list(values.at(spec, ["dataFrom"]))) > 0,
	count(object.get(template, "templateFrom", [])) > 0,
	values.at(spec, ["target", "creationPolicy"]) in {"Merge", "None"},
]

_certificates := [_source(resource, "/Secret", name, ["ca.crt", "tls.crt", "tls.key"], unknown) |
	some resource in documents.of("cert-manager.io", "Certificate")
	spec := values.map(values.at(resource.content, ["spec"]))
	name := values.text(values.at(spec, ["secretName"]))
	unknown := count(object.keys(spec) & {"additionalOutputFormats", "keystores"}) > 0
]

_mounted := [_source(resource, "/Secret", values.text(made.secretName), keys, false) |
	some resource in documents.of("secrets-store.csi.x-k8s.io", "SecretProviderClass")
	some made in values.list(values.at(resource.content, ["spec", "secretObjects"]))
	keys := [entry.key | some entry in values.list(values.at(made, ["data"]))]
]

_source(resource, type, name, keys, unknown) := {
	"identity": [type, resource.namespace, name],
	"keys": keys,
	"unknown": unknown,
}

_keys(holder, paths) := [key | some path in paths; some key, _ in values.map(values.at(holder, path))]

_identities contains source.identity if some source in _sources

# A Secret without data does not prove that the Secrets of the namespace are rendered.
_kept contains array.slice(source.identity, 0, 2) if {
	some source in _sources
	count(source.keys) > 0
}

_unknown contains source.identity if {
	some source in _sources
	source.unknown
}

_has contains [source.identity, key] if {
	some source in _sources
	some key in source.keys
}

# The keys of a rendered object if all of them are known. Otherwise undefined.
keys(type, namespace, name) := {key | some [identity, key] in _has; identity == [type, namespace, name]} if {
	[type, namespace, name] in _known
}

_known := _identities - _unknown

exists(type, namespace, name) if [type, namespace, name] in _identities

exists(type, namespace, name) if references.exists(type, namespace, name)

# References to objects that are not rendered, with the level of the finding. As for other references, but all sources
# of Secrets count.
missing := [object.union(use, {"level": level(use.type, use.namespace)}) |
	some use in uses
	use.optional != true
	not exists(use.type, use.namespace, use.name)
	not _is_made(use)
]

# Whether a program of the target may create a Secret that is not rendered: a container whose command names it, or an
# account that may create Secrets there and runs something.
_is_made(use) if {
	use.type == "/Secret"
	some words in _commands[use.namespace]
	regex.match(sprintf(`(^|[^A-Za-z0-9.-])%s($|[^A-Za-z0-9.-])`, [replace(use.name, ".", `\\.`)]), words)
}

_is_made(use) if {
	use.type == "/Secret"
	some [home, account, reach] in rbac.holders("", "secrets", {"create"})
	reach in {"*", use.namespace}
	[home, account] in _running
}

# The command lines of Jobs and init containers.
_commands[pod.resource.namespace] contains concat(" ", [values.text(word) | some word in words]) if {
	some pod in pods.templates
	some container in array.concat(values.list(values.at(pod.spec, ["initContainers"])), _of_job(pod))
	words := array.concat(values.list(values.at(container, ["command"])), values.list(values.at(container, ["args"])))
}

_of_job(pod) := values.list(values.at(pod.spec, ["containers"])) if pod.resource.kind in {"CronJob", "Job"}

_of_job(pod) := [] if not pod.resource.kind in {"CronJob", "Job"}

_running contains [pod.resource.namespace, pods.account(pod).name] if some pod in pods.templates

level(type, namespace) := "deny" if [type, namespace] in _kept

level(type, namespace) := "warn" if not [type, namespace] in _kept

# References to rendered objects that lack the key.
missing_keys := [object.union(use, {"key": key}) |
	some use in uses
	use.optional != true
	identity := [use.type, use.namespace, use.name]
	identity in _known
	some key in use.keys
	not [identity, key] in _has
]

# A finding about the reader.
about(use, body) := finding.about_holder(use.holder, object.union(body, {"path": use.path}))
