"""The numbers that policies/data promises, and every place that repeats one of them.

The tables autoscaling, resources and storage are the source: everything else is compared with them.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from tests.manifests.render import COMPONENT, REPOSITORY, Object, labels, name_of, pod_template
from tests.manifests.variants import Workshop

EXAMPLE = "components/gateway-canary/README.md"
ROWS = "tests/manifests/rows.yaml"
PAGE = "docs/monitoring.md"
SOURCES = ("autoscaling", "resources", "storage")
SCALING = {"minReplicas": "least", "minReplicaCount": "least", "maxReplicas": "most", "maxReplicaCount": "most"}


class Key(NamedTuple):
    """What a number is of: its table, the workload, with the container or claim where it is of one, and the field."""

    table: str
    of: str
    field: str


Numbers = dict[Key, Any]


def copied(folder: Path) -> Workshop:
    """A copy of everything that numbers are written in."""
    workshop = Workshop(folder)
    shutil.copytree(REPOSITORY / "policies/data", folder / "policies/data")
    for text in (ROWS, PAGE):
        (folder / text).parent.mkdir(parents=True)
        shutil.copy(REPOSITORY / text, folder / text)
    return workshop


def promised(root: Path, environment: str) -> Numbers:
    """Every number of the tables."""
    found: Numbers = {}
    for table in SOURCES:
        text = (root / f"policies/data/{table}.yaml").read_text(encoding="utf-8")
        for workload, row in yaml.safe_load(text)[table][f"mediq-{environment}"].items():
            parts = {workload: row} if table == "autoscaling" else {f"{workload}/{name}": row[name] for name in row}
            for of, fields in parts.items():
                found |= {Key(table, of, field): value for field, value in _fields(table, fields)}
    return found


def _fields(table: str, row: Object) -> Iterator[tuple[str, Any]]:
    if table == "resources":
        for part, amounts in row.items():
            yield from ((f"{part}.{resource}", amount) for resource, amount in amounts.items())
    elif table == "storage":
        yield "size", row["size"]
    else:
        yield from row.items()


def rendered(objects: Iterable[Object]) -> Numbers:
    """The same numbers as objects have them: autoscalers, containers that stay, and claims."""
    found: Numbers = {}
    for each in objects:
        if each["kind"] in ("HorizontalPodAutoscaler", "ScaledObject") and not _is_canary(each):
            of = each["spec"]["scaleTargetRef"]["name"]
            found |= {Key("autoscaling", of, field): value for field, value in _scaling(each["spec"])}
        elif each["kind"] in ("Deployment", "StatefulSet") and not _is_canary(each):
            found |= _of_containers(each) | _of_claims(each)
    return found


def _is_canary(item: Object) -> bool:
    # It has the limits that its component gives it, until it takes over.
    return labels(item).get(COMPONENT) == "second"


def _scaling(spec: Object) -> Iterator[tuple[str, Any]]:
    yield from ((SCALING[name], value) for name, value in spec.items() if name in SCALING)
    for metric in spec.get("metrics", []):
        target = metric["resource"]["target"]
        yield metric["resource"]["name"], target["averageUtilization"] if target["type"] == "Utilization" else target
    for trigger in spec.get("triggers", []):
        if trigger["type"] in ("cpu", "memory"):
            yield trigger["type"], int(trigger["metadata"]["value"])
    of_keda = spec.get("advanced", {}).get("horizontalPodAutoscalerConfig", {})
    yield from spec.get("behavior", of_keda.get("behavior", {})).items()


def _of_containers(workload: Object) -> Numbers:
    return {
        Key("resources", f"{name_of(workload)}/{container['name']}", f"{part}.{resource}"): amount
        for container in pod_template(workload)["spec"]["containers"]
        for part, amounts in container.get("resources", {}).items()
        for resource, amount in amounts.items()
        if resource in ("cpu", "memory")
    }


def _of_claims(workload: Object) -> Numbers:
    return {
        Key("storage", f"{name_of(workload)}/{name_of(claim)}", "size"): _size(claim)
        for claim in workload["spec"].get("volumeClaimTemplates", [])
    }


def _size(claim: Object) -> Any:
    return claim["spec"].get("resources", {}).get("requests", {}).get("storage")


def repeated(root: Path) -> dict[str, Numbers]:
    """The numbers of production that texts repeat, by file."""
    example, titles, page = ((root / each).read_text(encoding="utf-8") for each in (EXAMPLE, ROWS, PAGE))
    limits = re.findall(r"path: /spec/(m\w+Replicas), value: (\d+)}", example)
    sizes = re.findall(r"^  title: '(\w+): (\w+) on SSD", titles, re.MULTILINE)
    volume = re.findall(r"GB of (\w+) in production", page)
    return {
        EXAMPLE: {Key("autoscaling", "api-gateway", SCALING[name]): int(value) for name, value in limits},
        ROWS: {Key("storage", f"{name.lower()}/data", "size"): size for name, size in sizes},
        PAGE: {Key("storage", "prometheus/data", "size"): size for size in volume},
    }


def written_in(key: Key, root: Path, environment: str) -> list[str]:
    """Every file that a number is written in: who changes one changes all of them."""
    files = [f"policies/data/{key.table}.yaml", *_rendered_from(key, root, f"overlays/{environment}")]
    if environment == "production":
        files += [file for file, numbers in repeated(root).items() if key in numbers]
    if key.table != "autoscaling" or key.field == "most":
        files.append(f"overlays/{environment}/resourcequota.yaml (by tools/quota.py {environment})")
    return files


def _rendered_from(key: Key, root: Path, overlay: str) -> list[str]:
    """The file that makes a number what is rendered."""
    workload = key.of.partition("/")[0]
    if key.table == "resources":
        patches = sorted((root / overlay).glob("*.patch.yaml"))
        own = [path.name for path in patches if f"\n  name: {workload}\n" in path.read_text(encoding="utf-8")]
        return [f"{overlay}/{own[0] if own else 'resources.patch.yaml'}"]
    if key.table == "storage":
        text = (root / overlay / "kustomization.yaml").read_text(encoding="utf-8")
        if f"kind: StatefulSet, name: {workload}}}" in text:
            return [f"{overlay}/kustomization.yaml"]
        return sorted(str(path.relative_to(root)) for path in root.glob(f"*/*/{workload}/statefulset.yaml"))
    if key.field in SCALING.values():
        return [f"{overlay}/scaling/kustomization.yaml"]
    own_file = f"base/{workload}/kustomization.yaml"
    patched = "averageUtilization" in (root / own_file).read_text(encoding="utf-8")
    return [own_file if patched and key.field in ("cpu", "memory") else "base/service/hpa.yaml"]


def differences(place: str, found: Numbers, root: Path, environment: str) -> list[str]:
    """What a place says other than the tables, each with all the files that the number is written in."""
    wanted = promised(root, environment)
    return [
        f"{key.of}: {key.field} of {environment} is {wanted[key]} in policies/data/{key.table}.yaml and "
        f"{value} in {place}; it is written in {', '.join(written_in(key, root, environment))}"
        for key, value in found.items()
        if key in wanted and value != wanted[key]
    ]
