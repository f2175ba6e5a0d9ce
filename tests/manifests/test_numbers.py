"""Each number is promised once, by a table of policies/data: every other place is compared with it here."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from tests.manifests.numbers import (
    EXAMPLE,
    PAGE,
    ROWS,
    Key,
    Numbers,
    copied,
    differences,
    promised,
    rendered,
    repeated,
    written_in,
)
from tests.manifests.render import ENVIRONMENTS, REPOSITORY, containers, overlay, render
from tests.manifests.variants import Workshop
from tools import quota

both = pytest.mark.parametrize("environment", ENVIRONMENTS)
KEDA = ("edge-ingress", "secrets-sealed/{}", "autoscaling-keda")
FIELDS = ("cpu", "memory", "scaleDown", "scaleUp")
SCALED_BY_KEDA = {"api-gateway", "ocr-service", "patient-queue-service"}


def _agrees(place: str, found: Numbers, environment: str) -> None:
    said = differences(place, found, REPOSITORY, environment)
    assert not said, "\n".join(said)


def _lacking(wanted: Numbers, found: Numbers) -> set[Key]:
    return wanted.keys() - found.keys()


@both
def test_what_is_rendered_has_the_numbers_of_the_tables(environment: str) -> None:
    found, wanted = rendered(overlay(environment).objects), promised(REPOSITORY, environment)
    _agrees("what is rendered", found, environment)
    assert _lacking(wanted, found) == set(), "promised, but not rendered"


@both
def test_the_tables_leave_out_no_number_of_an_environment(environment: str) -> None:
    found, wanted = rendered(overlay(environment).objects), promised(REPOSITORY, environment)
    services = {f"{each['metadata']['name']}/server" for each in overlay(environment).services("Deployment")}
    due = {key for key in found if key.table != "resources" or key.of in services}
    assert due - wanted.keys() == set(), "rendered, but in no table"


@pytest.mark.slow
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_keda_scales_by_the_numbers_of_the_table(workshop: Workshop, environment: str) -> None:
    variant = tuple(each.format(environment) for each in KEDA)
    scaled = rendered(render(workshop.overlay(environment, variant)).kind("ScaledObject"))
    assert {key.of for key in scaled} == SCALED_BY_KEDA
    _agrees("components/autoscaling-keda", scaled, environment)
    wanted = {key: value for key, value in promised(REPOSITORY, environment).items() if key.table == "autoscaling"}
    assert {key.of for key in _lacking(wanted, scaled)} == {key.of for key in wanted} - SCALED_BY_KEDA


def test_texts_repeat_the_numbers_of_the_tables() -> None:
    for file, numbers in repeated(REPOSITORY).items():
        assert numbers, f"{file} repeats none any more: take it out of numbers.py"
        _agrees(file, numbers, "production")


@pytest.mark.parametrize(
    ("row", "pattern"),
    [
        (79, "by processor, {cpu[0]} to {cpu[1]} %"),
        (80, "by memory, {memory[0]} to {memory[1]} %"),
        (83, "after {down[stabilizationWindowSeconds]} s, {down[policies][0][value]} % per step"),
        (84, "after {up[stabilizationWindowSeconds]} s, {up[policies][0][value]} % per step"),
    ],
)
@both
def test_titles_sum_up_the_table(environment: str, row: int, pattern: str) -> None:
    rows = yaml.safe_load((REPOSITORY / ROWS).read_text(encoding="utf-8"))
    wanted = promised(REPOSITORY, environment)
    every = {field: [value for key, value in wanted.items() if key.field == field] for field in FIELDS}
    shares = {field: (min(every[field]), max(every[field])) for field in ("cpu", "memory")}
    (title,) = (each["title"] for each in rows if each["row"] == row)
    for down, up in zip(every["scaleDown"], every["scaleUp"], strict=True):
        assert pattern.format(**shares, down=down, up=up) in title


@both
def test_what_provisions_mysql_has_its_resources(environment: str) -> None:
    mysql = overlay(environment).one("StatefulSet", "mysql")
    by_name = {each["name"]: each["resources"] for each in containers(mysql)}
    assert by_name["provision"] == by_name["mysql"]


@both
def test_the_engine_has_a_worker_for_each_processor(environment: str) -> None:
    engine = overlay(environment).one("Deployment", "ocr-engine-service")
    (container,) = [each for each in containers(engine) if each["name"] == "server"]
    (workers,) = [each["value"] for each in container["env"] if each["name"] == "WEB_CONCURRENCY"]
    assert workers == promised(REPOSITORY, environment)[Key("resources", "ocr-engine-service/server", "limits.cpu")]


class Change(NamedTuple):
    """A number of one file that becomes another one: where it is in the text, and what it is of."""

    file: str
    pattern: str
    environment: str
    key: Key


GATEWAY = Key("autoscaling", "api-gateway", "most")
IN_OVERLAY = Change(
    "overlays/production/scaling/kustomization.yaml",
    r"name: api-gateway}[^#]*maxReplicas: (\d+)",
    "production",
    GATEWAY,
)
CHANGES = [
    IN_OVERLAY,
    Change("policies/data/autoscaling.yaml", r"mediq-staging:[^#]*  ocr-service: {least: \d+, most: (\d+)", "staging",
           Key("autoscaling", "ocr-service", "most")),
    Change("base/service/hpa.yaml", r"name: cpu\s+target:\s+type: Utilization\s+averageUtilization: (\d+)", "staging",
           Key("autoscaling", "user-service", "cpu")),
    Change("base/service/hpa.yaml", r"scaleDown:\s+stabilizationWindowSeconds: (\d+)", "production",
           Key("autoscaling", "ocr-service", "scaleDown")),
    Change("base/ocr-service/kustomization.yaml", r"metrics/1/resource/target/averageUtilization\s+value: (\d+)",
           "production", Key("autoscaling", "ocr-service", "memory")),
    Change("overlays/staging/resources.patch.yaml", r"requests: {cpu: (\d+)", "staging",
           Key("resources", "user-service/server", "requests.cpu")),
    Change("overlays/production/datastores.patch.yaml", r"name: rabbitmq\s+resources:\s+requests: {cpu: (\d+)",
           "production", Key("resources", "rabbitmq/rabbitmq", "requests.cpu")),
    Change("overlays/production/kustomization.yaml", r"name: prometheus}\s.*\s.*storage: (\d+)", "production",
           Key("storage", "prometheus/data", "size")),
    Change("components/log-aggregation/alloy/statefulset.yaml", r"storage: (\d+)Gi", "staging",
           Key("storage", "alloy/data", "size")),
]  # fmt: skip
OF_TEXTS = [
    Change(EXAMPLE, r"maxReplicas, value: (\d+)", "production", GATEWAY),
    Change(ROWS, r"MySQL: (\d+)Gi", "production", Key("storage", "mysql/data", "size")),
    Change(PAGE, r"of (\d+)Gi in", "production", Key("storage", "prometheus/data", "size")),
]
OF_KEDA = [
    IN_OVERLAY,
    Change("base/service/hpa.yaml", r"name: memory\s+target:\s+type: Utilization\s+averageUtilization: (\d+)",
           "staging", Key("autoscaling", "patient-queue-service", "memory")),
]  # fmt: skip


def _changed(folder: Path, change: Change) -> Workshop:
    workshop = copied(folder)
    file = folder / change.file
    text = file.read_text(encoding="utf-8")
    found = re.search(change.pattern, text)
    assert found, f"{change.file} has no such number"
    file.write_text(f"{text[: found.end(1)]}1{text[found.end(1) :]}", encoding="utf-8")
    return workshop


def _is_reported(found: Numbers, folder: Path, change: Change) -> None:
    """One message is about the number, and names every file that it is written in: the changed one among them."""
    said = differences("a place", found, folder, change.environment)
    (message,) = (each for each in said if each.startswith(f"{change.key.of}: {change.key.field} of "))
    files = written_in(change.key, REPOSITORY, change.environment)
    assert change.file in files
    assert [each for each in files if each not in message] == []


# `make test` has one of them, the runs before a merge one of each table, and the night all.
SAMPLE = {IN_OVERLAY, CHANGES[5], CHANGES[7]}


def _marks(change: Change) -> list[pytest.MarkDecorator]:
    if change == IN_OVERLAY:
        return []
    return [pytest.mark.slow if change in SAMPLE else pytest.mark.thorough]


@pytest.mark.parametrize(
    "change",
    [pytest.param(one, marks=_marks(one)) for one in CHANGES],
    ids=lambda change: "-".join(change.key),
)
def test_a_number_that_is_changed_in_one_file_is_reported(tmp_path: Path, change: Change) -> None:
    _changed(tmp_path, change)
    folder = tmp_path / "overlays" / change.environment
    objects = render(folder).objects
    _is_reported(rendered(objects), tmp_path, change)
    if not change.file.startswith("policies/"):
        is_outdated = quota.text(objects) != (folder / "resourcequota.yaml").read_text(encoding="utf-8")
        assert is_outdated == ("resourcequota.yaml" in " ".join(written_in(change.key, tmp_path, change.environment)))


@pytest.mark.parametrize("change", OF_TEXTS, ids=lambda change: change.file)
def test_a_text_that_repeats_another_number_is_reported(tmp_path: Path, change: Change) -> None:
    _changed(tmp_path, change)
    _is_reported(repeated(tmp_path)[change.file], tmp_path, change)


@pytest.mark.slow
@pytest.mark.parametrize("change", OF_KEDA, ids=lambda change: "-".join(change.key))
def test_keda_follows_the_autoscaler_and_not_the_table(tmp_path: Path, change: Change) -> None:
    workshop = _changed(tmp_path, change)
    variant = tuple(each.format(change.environment) for each in KEDA)
    objects = render(workshop.overlay(change.environment, variant)).kind("ScaledObject")
    _is_reported(rendered(objects), tmp_path, change)
