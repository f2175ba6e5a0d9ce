from __future__ import annotations

import re
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.manifests.render import (
    CLUSTER_SCOPED,
    COMPONENT,
    ENVIRONMENTS,
    HASH,
    REPOSITORY,
    WORKLOADS,
    Object,
    containers,
    identity,
    labels,
    name_of,
    overlay,
    pod_template,
    read_kustomization,
    render,
    without_hash,
)

both = pytest.mark.parametrize("environment", ENVIRONMENTS)
PINNED = re.compile(r"[\w./-]+:v?\d[\w.-]*")
OURS = re.compile(r"mediq/[\w-]+:\d[\w.-]*@sha256:[0-9a-f]{64}")
BUILT_IN = re.compile(
    r"v1|(apps|autoscaling|batch|policy)/v\d|(networking|rbac\.authorization|scheduling|storage)\.k8s\.io/v1"
)
# Lines that `diff -r` prints for the two overlays: about a hundred values, each before and after.
LONGEST_DIFFERENCE = 220
Place = tuple[str, str, str]
RETIRED = {"bases", "commonLabels", "patchesStrategicMerge", "patchesJson6902", "vars", "imageTags"}


def _kustomizations() -> list[Path]:
    folders = [REPOSITORY / each for each in ("base", "components", "overlays", "delivery")]
    nested = [path for each in folders for path in sorted(each.rglob("kustomization.yaml"))]
    return [REPOSITORY / "kustomization.yaml", *nested]


def test_both_overlays_have_the_same_files() -> None:
    files = [
        {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
        for folder in (REPOSITORY / "overlays" / environment for environment in ENVIRONMENTS)
    ]
    assert files[0] == files[1]


def test_both_overlays_render_the_same_objects() -> None:
    staging, production = (
        {(each["kind"], without_hash(each).replace(environment, "")) for each in overlay(environment).objects}
        for environment in ENVIRONMENTS
    )
    assert staging == production


@pytest.mark.parametrize(
    "folder", [pytest.param(".", marks=pytest.mark.slow), "base", *(f"overlays/{each}" for each in ENVIRONMENTS)]
)
def test_kustomize_has_nothing_to_complain_about(folder: str) -> None:
    assert render(REPOSITORY / folder).stderr == ""


@pytest.mark.parametrize("path", _kustomizations(), ids=lambda path: str(path.parent.relative_to(REPOSITORY)))
def test_only_current_fields_and_local_files_are_used(path: Path) -> None:
    content = read_kustomization(path.parent)
    assert content.keys() & RETIRED == set()
    assert not [each for each in content.get("resources", []) if "://" in each or each.startswith("git@")]


@pytest.mark.slow
def test_the_environments_can_share_a_cluster() -> None:
    together = Counter(identity(each) for each in render(REPOSITORY).objects)
    assert [each for each, count in together.items() if count > 1] == []
    assert sum(together.values()) == sum(len(overlay(each).objects) for each in ENVIRONMENTS)


@both
def test_everything_lives_in_the_namespace_of_its_environment(environment: str) -> None:
    for kind, namespace, name in map(identity, overlay(environment).objects):
        if kind in CLUSTER_SCOPED:
            assert environment in name, f"{kind}/{name}"
        else:
            assert namespace == f"mediq-{environment}", f"{kind}/{name}"


@both
def test_pruning_never_deletes_the_namespace(environment: str) -> None:
    annotations = overlay(environment).one("Namespace", f"mediq-{environment}")["metadata"]["annotations"]
    assert annotations["argocd.argoproj.io/sync-options"] == "Prune=false,Delete=false"
    assert annotations["kustomize.toolkit.fluxcd.io/prune"] == "disabled"


@both
def test_everything_is_labelled_with_its_environment(environment: str) -> None:
    for each in overlay(environment).objects:
        assert labels(each)["environment"] == environment, identity(each)
        assert labels(each)["app.kubernetes.io/part-of"] == "mediq", identity(each)
    for workload in overlay(environment).kind(*WORKLOADS):
        templates = [pod_template(workload), *workload["spec"].get("volumeClaimTemplates", [])]
        for template in templates:
            assert labels(template)["environment"] == environment, identity(workload)
            assert labels(template)["app.kubernetes.io/part-of"] == "mediq", identity(workload)


@both
def test_no_overlay_touches_a_selector(environment: str) -> None:
    entries = read_kustomization(REPOSITORY / "overlays" / environment)["labels"]
    assert [each for each in entries if each.get("includeSelectors")] == []
    for workload in overlay(environment).services("Deployment"):
        assert "environment" not in workload["spec"]["selector"]["matchLabels"], name_of(workload)


def _images(environment: str) -> list[Object]:
    found: list[Object] = read_kustomization(REPOSITORY / "overlays" / environment)["images"]
    return found


@both
def test_every_image_is_pinned_and_ours_by_digest_too(environment: str) -> None:
    for workload in overlay(environment).kind(*WORKLOADS):
        for container in containers(workload):
            pattern = OURS if container["image"].startswith("mediq/") else PINNED
            assert pattern.fullmatch(container["image"]), f"{name_of(workload)}: {container['image']}"


@both
def test_every_version_of_a_third_party_is_that_of_a_rendered_container(environment: str) -> None:
    entries = read_kustomization(REPOSITORY / "components/versions")["images"]
    running = {each["image"] for item in overlay(environment).kind(*WORKLOADS) for each in containers(item)}
    assert {f"{entry['name']}:{entry['newTag']}" for entry in entries} == {
        each for each in running if not each.startswith("mediq/")
    }


@both
def test_every_version_is_that_of_a_rendered_container(environment: str) -> None:
    running = {container["image"] for each in overlay(environment).kind(*WORKLOADS) for container in containers(each)}
    for entry in _images(environment):
        assert entry.keys() == {"name", "newTag", "digest"}, entry["name"]
        assert f"{entry['name']}:{entry['newTag']}@{entry['digest']}" in running, entry["name"]


def test_versions_are_written_in_the_overlays_only() -> None:
    for path in (REPOSITORY / "base").rglob("kustomization.yaml"):
        for entry in read_kustomization(path.parent).get("images", []):
            assert entry.keys() <= {"name", "newName"}, path


def test_both_environments_run_the_same_images() -> None:
    staging, production = ({entry["name"] for entry in _images(each)} for each in ENVIRONMENTS)
    assert staging == production


def test_base_needs_no_custom_resource() -> None:
    for each in render(REPOSITORY / "base").objects:
        assert BUILT_IN.fullmatch(each["apiVersion"]), identity(each)


def test_base_knows_no_environment() -> None:
    for path in (REPOSITORY / "base").rglob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\b(staging|production)\b|^namespace:", text, re.MULTILINE), path
    for each in render(REPOSITORY / "base").services("Deployment"):
        (server,) = [container for container in containers(each) if container["name"] == "server"]
        assert not server["resources"]["requests"].keys() & {"cpu", "memory"}, name_of(each)


def test_no_value_that_an_environment_changes_stands_in_base() -> None:
    base = _values(render(REPOSITORY / "base").objects)
    staging, production = (_values(overlay(each).objects, each) for each in ENVIRONMENTS)
    changed = {path for path in staging.keys() | production.keys() if staging.get(path) != production.get(path)}
    assert ("ResourceQuota", "environment", "/spec/hard/pods") in changed
    assert changed & base.keys() - _versions(changed) == set()


def _versions(paths: Iterable[Place]) -> set[Place]:
    """Base says which image runs, an overlay which version of it."""
    return {place for place in paths if place[-1].endswith("/image")}


def _values(objects: Iterable[Object], environment: str = "") -> dict[Place, str]:
    """Every value by kind, name and path; names lose the environment, and what Kustomize adds to them."""
    found = {}
    for each in objects:
        name = without_hash(each).replace(f"mediq-{environment}-", "")
        for path, value in _leaves(each):
            if not path.startswith(("/metadata/name", "/metadata/namespace")):
                text = str(value).replace(environment, "") if environment else str(value)
                found[each["kind"], name, path] = HASH.sub("", text)
    return found


def _leaves(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _leaves(value, f"{path}/{key}")
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from _leaves(value, f"{path}/{value.get('name', number) if isinstance(value, dict) else number}")
    else:
        yield path, node


def test_what_is_different_is_read_in_a_minute() -> None:
    folders = [str(REPOSITORY / "overlays" / each) for each in ENVIRONMENTS]
    said = subprocess.run(["diff", "-r", *folders], capture_output=True, text=True, check=False).stdout
    assert 0 < len(said.splitlines()) <= LONGEST_DIFFERENCE


def test_base_lists_every_service_folder() -> None:
    listed = set(read_kustomization(REPOSITORY / "base")["resources"])
    folders = {path.parent.name for path in (REPOSITORY / "base").glob("*/kustomization.yaml")}
    assert listed == folders - {"service"}


def test_a_service_is_one_short_file() -> None:
    for each in render(REPOSITORY / "base").services("Deployment"):
        folder = REPOSITORY / "base" / labels(each)["app.kubernetes.io/name"]
        assert labels(each)[COMPONENT] == "service"
        assert [path.name for path in folder.iterdir()] == ["kustomization.yaml"]
