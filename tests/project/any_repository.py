"""Small repositories and folders of many shapes, valid or not: what promote must answer without a crash."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import yaml
from hypothesis import strategies as st

Object = dict[str, Any]
NAMES = st.sampled_from(["web", "api", "db"])
NAMESPACES = st.sampled_from([None, None, "shop", "default", ""])
IMAGES = st.sampled_from(["shop/web", "shop/web:1.0", "shop/api:latest", "shop/api@sha256:" + "0" * 64, ""])
CONTAINERS = st.lists(
    st.builds(
        lambda name, image, more: {"name": name, "image": image, **more},
        NAMES,
        IMAGES,
        st.sampled_from(
            [
                {},
                {"env": [{"name": "A", "value": "b"}], "args": ["a", "b"], "ports": [{}]},
                # What `check --fix` can change.
                {"securityContext": {"privileged": True, "capabilities": {"add": ["NET_RAW"]}}},
                {"securityContext": {"readOnlyRootFilesystem": False, "allowPrivilegeEscalation": True}},
            ]
        ),
    ),
    max_size=3,
)
ENVIRONMENTS = ("staging", "production")


class Folder(NamedTuple):
    """Files of manifests, and what they hold."""

    files: Mapping[str, str]
    objects: Sequence[Object]
    options: Sequence[str] = ()

    @property
    def repeated(self) -> set[tuple[str, ...]]:
        """The identities that several objects have."""
        return {who for who, number in Counter(map(identity, self.objects)).items() if number > 1}


class Repository(NamedTuple):
    """Files of two environments, and what to ask of them."""

    files: Mapping[str, str]
    command: Sequence[str]


def identity(content: Object) -> tuple[str, ...]:
    """What distinguishes an object, as findings name it."""
    metadata = content.get("metadata") or {}
    named = (content.get("apiVersion"), content.get("kind"), metadata.get("namespace"), metadata.get("name"))
    return tuple(part or "" for part in named)


def labelled(api_version: str, kind: str, name: str, namespace: str | None, **body: Any) -> Object:
    """An object; without `namespace:` where that is None."""
    place = {} if namespace is None else {"namespace": namespace}
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, **place}, **body}


def deployment(name: str, namespace: str | None, containers: Any) -> Object:
    """A Deployment of these containers."""
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": containers}}
    spec = {"selector": {"matchLabels": {"app": name}}, "template": template}
    return labelled("apps/v1", "Deployment", name, namespace, spec=spec)


def _cron_job(name: str, namespace: str | None, containers: Any) -> Object:
    job = {"template": {"spec": {"restartPolicy": "Never", "containers": containers}}}
    return labelled("batch/v1", "CronJob", name, namespace, spec={"schedule": "@daily", "jobTemplate": {"spec": job}})


def _pod(name: str, namespace: str | None, containers: Any) -> Object:
    return labelled("v1", "Pod", name, namespace, spec={"containers": containers, "hostNetwork": True})


WORKLOADS = st.builds(
    lambda make, name, namespace, containers: make(name, namespace, containers),
    st.sampled_from([deployment, deployment, _cron_job, _pod]),
    NAMES,
    NAMESPACES,
    st.one_of(CONTAINERS, CONTAINERS, st.none()),
)
OTHERS = st.builds(
    lambda kind, name, namespace, body: labelled(kind[0], kind[1], name, namespace, **body),
    st.sampled_from(
        [("v1", "ConfigMap"), ("v1", "Secret"), ("v1", "Service"), ("networking.k8s.io/v1", "NetworkPolicy")]
    ),
    NAMES,
    NAMESPACES,
    st.sampled_from(
        [{}, {"data": {"a": "b"}}, {"data": None}, {"spec": {"podSelector": {}}}, {"spec": {"ports": [{"port": 1}]}}]
    ),
)  # fmt: skip
OF_THE_CLUSTER = st.builds(
    lambda kind, name: labelled(kind[0], kind[1], name, None, rules=[{"apiGroups": ["*"], "verbs": ["*"]}]),
    st.sampled_from(
        [("rbac.authorization.k8s.io/v1", "ClusterRole"), ("v1", "Namespace"), ("example.com/v1", "Cart")]
    ),
    NAMES,
)
ODD: st.SearchStrategy[Object] = st.sampled_from([
    {"apiVersion": "v1", "kind": "ConfigMap"},
    {"apiVersion": "v1", "kind": "ConfigMap", "metadata": None},
    {"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "a-"}, "spec": {"containers": [{}]}},
    {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "labels": None, "annotations": None}, "spec": None},
    {"apiVersion": "example.com/v1", "kind": "CartList", "metadata": {"name": "a"}, "spec": {"a": [[1], [2, 3]]}},
    {"kind": "Deployment"},
])  # fmt: skip
SOUND = st.one_of(WORKLOADS, WORKLOADS, OTHERS, OF_THE_CLUSTER)
OBJECTS = st.one_of(SOUND, SOUND, ODD)
BROKEN = st.sampled_from(["a: [\n", "a: 'b\n", "a:\n\t- b\n", "- a\n", "a\n", "a: *b\n", "\x01", "? [a]\n: b\n"])
EMPTY = st.sampled_from(["", "---\n", "# nothing\n", "null\n---\n"])


@st.composite
def streams(draw: st.DrawFn, objects: Sequence[Object]) -> tuple[str, str]:
    """The end of a file's name, and these objects in a form that goes with it."""
    if len(objects) == 1 and draw(st.booleans()):
        return ".json", json.dumps(objects[0])
    if draw(st.booleans()):
        return draw(st.sampled_from([".json", ".yaml"])), json.dumps(
            {"apiVersion": "v1", "kind": "List", "items": list(objects)}
        )
    separator = f"---\n{draw(EMPTY)}---\n"
    return draw(st.sampled_from([".yaml", ".yml"])), separator.join(
        yaml.safe_dump(one, default_flow_style=draw(st.sampled_from([None, True, False]))) for one in objects
    )


@st.composite
def folders(draw: st.DrawFn) -> Folder:
    """One to three files, in which objects may stand twice with lists of other lengths."""
    objects = draw(st.lists(OBJECTS, max_size=4))
    for one in objects[:2]:
        if draw(st.booleans()):
            objects.append({**draw(OBJECTS), **{key: one.get(key) for key in ("apiVersion", "kind", "metadata")}})
    cut = draw(st.integers(0, len(objects)))
    files = {"empty.yaml": draw(EMPTY), "notes.txt": "apiVersion: v1\n"}
    for name, part in (("a", objects[:cut]), ("b", objects[cut:])):
        ending, text = draw(streams(part))
        files[name + ending] = text
    return Folder(files, objects, draw(st.sampled_from([(), ("--fix",), ("--profile", "baseline")])))


ENTRIES = st.lists(
    st.builds(
        lambda name, version: {"name": name, **version},
        st.sampled_from(["shop/web", "shop/api"]),
        st.sampled_from(
            [{"newTag": "1.0"}, {"newTag": "1.0", "newName": "other/web"}, {"digest": "sha256:" + "1" * 64}]
        ),
    ),
    min_size=1,
    max_size=2,
    unique_by=lambda entry: entry["name"],
)  # fmt: skip
PATCHES: st.SearchStrategy[Any] = st.sampled_from([
    {"target": {"kind": "ConfigMap"}, "patch": '[{"op": "add", "path": "/data", "value": {"b": "c"}}]'},
    {"target": {"name": "web"}, "patch": '- {op: add, path: /metadata/labels, value: {a: b}}'},
    {"target": {"kind": "Pod", "labelSelector": "a=b"}, "patch": '- {op: remove, path: /spec/hostNetwork}'},
])  # fmt: skip
SETTINGS: st.SearchStrategy[Object] = st.fixed_dictionaries(
    {},
    optional={
        "namespace": st.sampled_from(["shop", ""]),
        "namePrefix": st.just("a-"),
        "labels": st.just([{"pairs": {"a": "b"}}]),
        "patches": st.lists(PATCHES, max_size=2),
        "configMapGenerator": st.just([{"name": "made", "literals": ["a=b"]}]),
        "secretGenerator": st.just([{"name": "made", "literals": ["a=b"], "type": "Opaque"}]),
        "apiVersion": st.just("kustomize.config.k8s.io/v1beta1"),
    },
)
# What kustomize or promote refuse, most of them.
FLAWS: st.SearchStrategy[Object] = st.sampled_from([
    {"images": [{"name": "shop/web", "newTag": "1"}, {"name": "shop/web", "newTag": "2"}]},
    {"images": [{"name": "shop/web"}, {}]},
    {"images": None, "patches": None, "resources": None},
    {"namespace": None},
    {"namespace": ["a"]},
    {"patches": [{"path": "missing.yaml"}]},
    {"patches": [{"target": {"name": "web"}, "patch": "- {op: remove, path: /spec/template/spec/containers/1}"}]},
    {"patches": [{"target": {"kind": "("}, "patch": "[]"}]},
    {"patchesStrategicMerge": [
        json.dumps(deployment("web", None, [{"name": "web", "env": [{"name": f"N{n}"} for n in range(30)]}]))
    ]},
    {"patchesStrategicMerge": "x.yaml"},
    {"replicas": [{"name": "web", "count": 3}]},
    {"resources": ["missing.yaml"]},
    {"resources": ["n" * 300]},
    {"resources": ["a\0b", "."]},
    {"resources": [["a"], {"b": 1}, None]},
    {"components": ["../../base"]},
    {"configMapGenerator": [{"name": "made", "behavior": "merge"}, {"files": ["missing"]}, None]},
    {"generators": ["missing"], "unknown": 1},
])  # fmt: skip
CONFIG = """\
environments:
  staging: {path: overlays/staging}
  production: {path: overlays/production}
"""
_STAGING, _PRODUCTION = (f"overlays/{environment}" for environment in ENVIRONMENTS)
COMMANDS = st.sampled_from([
    ("check", _STAGING), ("check", _PRODUCTION, "--fix"), ("check", _STAGING, "--output", "sarif"), ("check", "base"),
    ("check", _PRODUCTION, "--output", "junit"), ("check", _STAGING, "--profile", "baseline", "--coverage"),
    ("bump", _STAGING, "web=1.1"), ("bump", _PRODUCTION, "web=1.1", "--allow-other-changes"),
    ("plan", _STAGING, _PRODUCTION), ("plan", _PRODUCTION, _STAGING, "--allow-other-changes"),
    ("diff", _STAGING, _PRODUCTION), ("check",), ("status",),
])  # fmt: skip


@st.composite
def repositories(draw: st.DrawFn) -> Repository:
    """A base and two environments on it, or without one; one in three has a flaw."""
    flawed = not draw(st.integers(0, 2))
    shape: Any = {} if flawed else {"unique_by": lambda one: (one["kind"], one["metadata"]["name"])}
    objects = draw(st.lists(OBJECTS if flawed else SOUND, max_size=3, **shape))
    ending, text = draw(streams(objects)) if objects else (".yaml", draw(EMPTY))
    base = {"resources": ["objects" + ending], **draw(st.one_of(st.just({}), SETTINGS))}
    files = {f"base/objects{ending}": text, f"base/{draw(_names())}": _kustomization(base)}
    if flawed and not draw(st.integers(0, 3)):
        files[draw(st.sampled_from(sorted(files)))] = draw(BROKEN)
    if draw(st.booleans()):
        files["promote.yaml"] = CONFIG
    for environment in ENVIRONMENTS:
        content = {"resources": ["../../base"]} if draw(st.integers(0, 3)) else {"commonLabels": {"a": "b"}}
        content |= draw(SETTINGS) | draw(st.one_of(st.just({}), *[ENTRIES.map(lambda some: {"images": some})] * 3))
        content |= draw(FLAWS) if flawed and draw(st.booleans()) else {}
        files[f"overlays/{environment}/{draw(_names())}"] = _kustomization(content)
    return Repository(files, draw(COMMANDS))


def _names() -> st.SearchStrategy[str]:
    return st.sampled_from(["kustomization.yaml", "kustomization.yaml", "kustomization.yml", "Kustomization"])


def _kustomization(content: Object) -> str:
    return yaml.safe_dump(content, sort_keys=False)
