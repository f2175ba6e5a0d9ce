"""Renders a directory with the real Kustomize, once a run, and finds things in the result."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import shared
from tests.defaults import DEFAULTS

REPOSITORY = DEFAULTS
ENVIRONMENTS = ("staging", "production")
# For tests that render an overlay of their own: `make test` does so for one environment only.
STAGING_IS_SLOW = (pytest.param("staging", marks=pytest.mark.slow), "production")
WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob")
CLUSTER_SCOPED = (
    "Namespace",
    "ClusterRole",
    "ClusterRoleBinding",
    "CustomResourceDefinition",
    "PersistentVolume",
    "PriorityClass",
    "StorageClass",
)
NAME = "app.kubernetes.io/name"
COMPONENT = "app.kubernetes.io/component"
HASH = re.compile(r"-[0-9a-z]{10}$")
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Object = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Render:
    """The objects of one directory, and what Kustomize complained about."""

    objects: tuple[Object, ...]
    stderr: str

    def kind(self, *kinds: str) -> list[Object]:
        return [found for found in self.objects if found["kind"] in kinds]

    def services(self, kind: str) -> list[Object]:
        """Every object of a kind that has the shape of base/service."""
        return [found for found in self.kind(kind) if labels(found).get(COMPONENT) == "service"]

    def one(self, kind: str, name: str) -> Object:
        """The object of that kind and name; a generated one is found without its hash."""
        found = [each for each in self.kind(kind) if name in (name_of(each), without_hash(each))]
        assert len(found) == 1, f"{kind}/{name}: {len(found)} rendered, not 1"
        return found[0]


def build(directory: Path) -> subprocess.CompletedProcess[str]:
    """What kustomize answers; it lives too briefly for collecting garbage to pay."""
    return subprocess.run(
        [str(REPOSITORY / ".tools/bin/kustomize"), "build", str(directory)],
        env=os.environ | {"GOGC": "400"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@cache
def render(directory: Path) -> Render:
    """What is rendered from a directory that does not change; the processes of one run of the tests share it."""
    objects, stderr = shared.once(f"render {directory.resolve()}", lambda: _rendered(directory))
    return Render(tuple(objects), stderr)


def render_again(directory: Path) -> Render:
    """What is rendered now from a directory that changes."""
    objects, stderr = _rendered(directory)
    return Render(tuple(objects), stderr)


def _rendered(directory: Path) -> tuple[list[Object], str]:
    done = build(directory)
    assert done.returncode == 0, done.stderr
    return [document for document in yaml.load_all(done.stdout, LOADER) if document], done.stderr


def overlay(environment: str) -> Render:
    return render(REPOSITORY / "overlays" / environment)


def read_yaml(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), LOADER)  # noqa: S506 a safe one


def read_kustomization(directory: Path) -> Object:
    content = read_yaml(directory / "kustomization.yaml")
    assert isinstance(content, dict)
    return content


def name_of(item: Object) -> str:
    return str(item["metadata"]["name"])


def without_hash(item: Object) -> str:
    """The name that an object was given in its kustomization, before kustomize added a hash of its content."""
    return HASH.sub("", name_of(item)) if item["kind"] in ("ConfigMap", "Job") else name_of(item)


def identity(item: Object) -> tuple[str, str, str]:
    return item["kind"], item["metadata"].get("namespace", ""), name_of(item)


def labels(item: Object) -> dict[str, str]:
    found: dict[str, str] = item["metadata"].get("labels") or {}
    return found


def pod_template(workload: Object) -> Object:
    spec: Object = workload["spec"]
    if workload["kind"] == "CronJob":
        spec = spec["jobTemplate"]["spec"]
    template: Object = spec["template"]
    return template


def containers(workload: Object) -> list[Object]:
    spec = pod_template(workload)["spec"]
    return [*spec.get("initContainers", []), *spec["containers"]]


def selects(selector: Object | None, pod_labels: dict[str, str]) -> bool:
    """Whether a label selector matches; an empty one matches everything, as in Kubernetes."""
    selector = selector or {}
    exact = selector.get("matchLabels", {}).items() <= pod_labels.items()
    return exact and all(_expression(each, pod_labels) for each in selector.get("matchExpressions", []))


def _expression(expression: Object, pod_labels: dict[str, str]) -> bool:
    value, values = pod_labels.get(expression["key"]), expression.get("values", [])
    verdicts = {
        "In": value in values,
        "NotIn": value not in values,
        "Exists": value is not None,
        "DoesNotExist": value is None,
    }
    return verdicts[expression["operator"]]


def dig(item: Any, path: str) -> Any:
    """Follow a path of words; in a list, a word is the `name`, `mountPath` or `metadata.name` of an entry."""
    for word in path.split():
        if isinstance(item, list):
            named = [entry for entry in item if word in _names(entry)]
            item = named[0] if named else None
        else:
            item = item.get(word) if isinstance(item, dict) else None
    return item


def _names(entry: Object) -> tuple[Any, ...]:
    return entry.get("name"), entry.get("mountPath"), entry.get("metadata", {}).get("name")
