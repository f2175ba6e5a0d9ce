"""Waivers in a repository: what is shown, what counts, and what is said of the waivers themselves."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from promote.checks import inspection
from promote.checks.criteria import criteria
from promote.checks.findings import Verdict
from promote.errors import ConfigError
from promote.kustomize import render
from promote.repository import config
from tests.integration.checking import Repository, surroundings

pytestmark = pytest.mark.quick

TODAY = date(2026, 3, 1)
WAIVERS = "policies/data/waivers.yaml"
ENTRY = """\
waivers:
  - rule: workloads.read_only_root
    resource: {kind: Deployment, namespace: shop, name: cart}
    container: server
    reason: it writes its cache beside itself
    owner: shop team
    ticket: OPS-12
    expires: 2026-05-01
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A writable root filesystem, in a repository with policies of its own to waive that in."""
    repository = Repository.small(tmp_path_factory.mktemp("waived"))
    repository.keep_policies("workloads", "pod_security", "images")
    repository.edit("cart.yaml", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false")
    return repository


def judge(repository: Repository, waivers: str, *only: str, today: date = TODAY) -> Verdict:
    repository.write(WAIVERS, waivers)
    with surroundings(repository.folder):
        settings = config.load(repository.folder)
        rules = replace(criteria(repository.folder, settings), today=today)
        return inspection.inspect([render.kustomize(Path.cwd(), "small")], rules, repository.folder, only)


def test_waivers_are_read_once_until_they_change(small: Repository) -> None:
    """Thousands of them take seconds, and a check asks for them twice."""
    with surroundings(small.folder):
        rules = criteria(small.folder, config.load(small.folder)).policies
        small.write(WAIVERS, ENTRY)
        first = rules.waived(small.folder, TODAY)
        assert rules.waived(small.folder, TODAY) is first
        small.write(WAIVERS, ENTRY.replace("name: cart", "name: web"))
        assert [one.subject.name for one in (*first, *rules.waived(small.folder, TODAY))] == ["cart", "web"]
        with pytest.raises(ConfigError, match="this waiver would hold for"):
            rules.waived(small.folder, date(2025, 3, 1))


@pytest.mark.slow
def test_a_waived_finding_is_shown_and_does_not_deny(small: Repository) -> None:
    verdict = judge(small, ENTRY)
    (found,) = verdict.findings
    assert (found.rule, found.level, str(found.source)) == ("workloads.read_only_root", "deny", "cart.yaml:29")
    assert found.waiver is not None
    assert (verdict.denied, verdict.waived) == (False, 1)


@pytest.mark.slow
def test_an_expired_waiver_denies_beside_the_finding(small: Repository) -> None:
    verdict = judge(small, ENTRY, today=date(2026, 5, 2))
    assert {(one.rule, str(one.source)) for one in verdict.denials} == {
        ("waivers.expired", f"{WAIVERS}:2"),
        ("workloads.read_only_root", "cart.yaml:29"),
    }


@pytest.mark.slow
def test_a_waiver_of_another_container_warns_and_waives_nothing(small: Repository) -> None:
    verdict = judge(small, ENTRY.replace("container: server", "container: proxy"))
    assert [(one.rule, one.level) for one in verdict.findings] == [
        ("workloads.read_only_root", "deny"),
        ("waivers.unused", "warn"),
    ]


@pytest.mark.slow
def test_other_rules_say_nothing_of_it(small: Repository) -> None:
    unused = ENTRY.replace("container: server", "container: proxy")
    assert judge(small, unused, "images.tag").findings == ()
    assert [one.rule for one in judge(small, unused, "workloads.read_only_root").findings][1:] == ["waivers.unused"]


@pytest.mark.slow
def test_a_schema_can_be_waived(small: Repository) -> None:
    entry = ENTRY.replace("workloads.read_only_root", "schema.invalid").replace("    container: server\n", "")
    assert [one.rule for one in judge(small, entry).findings][1:] == ["waivers.unused"]


@pytest.mark.slow
def test_what_is_wrong_with_the_file_stops_the_check(small: Repository) -> None:
    with pytest.raises(ConfigError, match=rf"^{WAIVERS}:2: there is no rule 'workloads.read_only_rot'; did you mean"):
        judge(small, ENTRY.replace("only_root", "only_rot"))


@pytest.mark.slow
def test_without_the_file_nothing_is_waived(small: Repository) -> None:
    judge(small, ENTRY)
    (small.folder / WAIVERS).unlink()
    assert small.check().code == 3


@pytest.mark.slow
def test_a_repository_without_rules_has_waivers_of_its_own(tmp_path: Path) -> None:
    repository = Repository.small(tmp_path / "small")
    (repository.folder / "policies").unlink()
    repository.append("promote.yaml", "profile: strict\n")
    repository.edit("cart.yaml", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false")
    assert judge(repository, "waivers: []\n").denied
    verdict = judge(repository, ENTRY)
    assert (verdict.denied, verdict.waived) == (False, 1)


def test_a_kind_without_a_schema_may_be_waived(small: Repository) -> None:
    entry = """\
waivers:
  - rule: schema.missing
    resource: {kind: Cart, namespace: shop, name: a}
    reason: nobody publishes its definition
    owner: shop team
    ticket: OPS-13
    expires: 2026-05-01
"""
    cart = {"apiVersion": "example.com/v1", "kind": "Cart", "metadata": {"name": "a", "namespace": "shop"}}
    small.write("m/a.json", json.dumps(cart))
    small.write(WAIVERS, entry)
    with surroundings(small.folder):
        rules = replace(criteria(small.folder, config.load(small.folder)), today=TODAY)
        manifests = render.folder_or_file(small.folder / "m", "m")
        verdict = inspection.inspect([manifests], rules, small.folder, ("schema.missing",))
    (found,) = verdict.findings
    assert (found.rule, found.level, verdict.denied, verdict.waived) == ("schema.missing", "deny", False, 1)
