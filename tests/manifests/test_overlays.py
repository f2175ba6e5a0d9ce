from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.manifests.render import (
    CLUSTER_SCOPED,
    COMPONENT,
    ENVIRONMENTS,
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


@pytest.mark.parametrize("folder", [".", "base", *(f"overlays/{each}" for each in ENVIRONMENTS)])
def test_kustomize_has_nothing_to_complain_about(folder: str) -> None:
    assert render(REPOSITORY / folder).stderr == ""


@pytest.mark.parametrize("path", _kustomizations(), ids=lambda path: str(path.parent.relative_to(REPOSITORY)))
def test_only_current_fields_and_local_files_are_used(path: Path) -> None:
    content = read_kustomization(path.parent)
    assert content.keys() & RETIRED == set()
    assert not [each for each in content.get("resources", []) if "://" in each or each.startswith("git@")]


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
    assert annotations == {
        "argocd.argoproj.io/sync-options": "Prune=false,Delete=false",
        "kustomize.toolkit.fluxcd.io/prune": "disabled",
    }


@both
def test_everything_is_labelled_with_its_environment(environment: str) -> None:
    for each in overlay(environment).objects:
        assert labels(each)["environment"] == environment, identity(each)
        assert labels(each)["app.kubernetes.io/part-of"] == "mediq", identity(each)
    for workload in overlay(environment).kind(*WORKLOADS):
        assert labels(pod_template(workload))["environment"] == environment, identity(workload)


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
        (server,) = containers(each)
        assert not server["resources"]["requests"].keys() & {"cpu", "memory"}, name_of(each)


def test_base_lists_every_service_folder() -> None:
    listed = set(read_kustomization(REPOSITORY / "base")["resources"])
    folders = {path.parent.name for path in (REPOSITORY / "base").glob("*/kustomization.yaml")}
    assert listed == folders - {"service"}


def test_a_service_is_one_short_file() -> None:
    for each in render(REPOSITORY / "base").services("Deployment"):
        folder = REPOSITORY / "base" / labels(each)["app.kubernetes.io/name"]
        assert labels(each)[COMPONENT] == "service"
        assert [path.name for path in folder.iterdir()] == ["kustomization.yaml"]
