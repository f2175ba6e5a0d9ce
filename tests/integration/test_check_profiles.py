"""A profile is the only part of the rules that takes part, and needs no table of the others."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from promote.checks import policies, rules
from promote.checks.policies import Policies
from promote.cli.arguments import parse
from promote.errors import UsageError
from promote.repository.schema import schema
from tests.integration.checking import ROOT, Repository, surroundings

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  hostPID: true
  containers:
    - name: web
      image: quay.io/bitnami/web:1.2.3@sha256:dc6c016c7b466a3f4a94bd76087fec3b0fd3949908e9ddb57e1cd1637dbb2045
"""
# The smallest profile in which each of the pod's faults is found.
SMALLEST = {
    "workloads.host_namespaces": "baseline",
    "workloads.run_as_non_root": "restricted",
    "images.retired": "general",
    "workloads.labels": "strict",
    "workloads.resource_table": "system",
}


@pytest.fixture(scope="module")
def one_pod(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A pod with a fault for each profile, and a table that lacks it."""
    repository = Repository.bare(tmp_path_factory.mktemp("pod"))
    (repository.folder / "policies").unlink()
    shutil.copytree(ROOT / "policies", repository.folder / "policies")
    repository.write("policies/data/resources.yaml", "resources: {shop: {web: {web: {requests: {cpu: 1}}}}}\n")
    repository.write("m/pod.yaml", POD)
    return repository


@pytest.mark.parametrize("profile", rules.PROFILES)
def test_a_profile_reports_its_rules_and_those_of_the_smaller_ones(one_pod: Repository, profile: str) -> None:
    found = one_pod.check("m", profile=profile)
    expected = {rule for rule, smallest in SMALLEST.items() if _within(smallest, profile)}
    assert found.rules & set(SMALLEST) == expected
    with surroundings(one_pod.folder):
        known = {one.id: one.profile for one in Policies(one_pod.folder / "policies").described(one_pod.folder)}
    assert {rule for rule in found.rules if not _within(known[rule], profile)} == set()


def _within(smaller: str, larger: str) -> bool:
    return rules.PROFILES.index(smaller) <= rules.PROFILES.index(larger)


def test_only_the_tables_of_the_profile_are_missed(tmp_path: Path) -> None:
    repository = Repository.bare(tmp_path / "bare")
    (repository.folder / "policies").unlink()
    shutil.copytree(ROOT / "policies", repository.folder / "policies")
    shutil.rmtree(repository.folder / "policies" / "data")
    repository.write("m/pod.yaml", POD)
    missed = {
        profile: {one["message"].split()[2] for one in repository.check("m", profile=profile).of("main.tables")}
        for profile in rules.PROFILES
    }
    of_everybody = {"cluster", "retired_images"}
    assert (missed["baseline"], missed["restricted"]) == (set(), set())
    assert (missed["general"], missed["strict"]) == (of_everybody, of_everybody)
    assert missed["system"] > {"environments", "resources"}


# What the pod lacks, and what becomes of it in the profile for everybody. The others deny.
IN_GENERAL = {
    "workloads.host_namespaces": "deny",
    "workloads.run_as_non_root": "deny",
    "workloads.privilege_escalation": "deny",
    "images.retired": "deny",
    "workloads.seccomp": "warn",
    "workloads.capabilities": "warn",
    "workloads.resources": "warn",
    "workloads.probes": "warn",
    "workloads.read_only_root": "warn",
    "network.default_deny": "warn",
}


@pytest.mark.parametrize("profile", ["general", "strict", "system"])
def test_the_profile_for_everybody_denies_only_what_is_broken_or_dangerous(one_pod: Repository, profile: str) -> None:
    found = one_pod.check("m", profile=profile)
    levels = {rule: {one["level"] for one in found.of(rule)} for rule in IN_GENERAL}
    assert levels == {rule: {level if profile == "general" else "deny"} for rule, level in IN_GENERAL.items()}


# Everything that the profile for everybody denies. Whoever adds a rule decides, and says so here.
_DENIED = """
autoscaling.bounds autoscaling.metrics autoscaling.one_scaler autoscaling.target disruption.drain disruption.overlap
documents.api_version documents.contradictions documents.identity documents.labels documents.names documents.size
edge.backends edge.parents
edge.tls_secret images.retired images.tag quota.fits quota.limit_range quota.required rbac.administrators
rbac.escalation rbac.execution rbac.role_refs rbac.subjects references.claim references.config_map
references.rollout_service references.secret references.service_account references.sub_path references.volume
secrets.arguments secrets.known_formats secrets.literal_values secrets.plain_secret services.port_names
services.selector services.target_port storage.host_path workloads.added_capabilities workloads.duplicates
workloads.host_namespaces workloads.host_path workloads.host_ports workloads.host_process workloads.pod_template
workloads.privilege_escalation workloads.privileged workloads.probe_ports workloads.proc_mount
workloads.restart_policy workloads.rollout workloads.run_as_non_root workloads.run_as_user workloads.runtime_socket
workloads.selector
"""
DENIED_FOR_EVERYBODY = sorted(_DENIED.split())


@pytest.mark.quick
def test_what_the_profile_for_everybody_denies() -> None:
    known = Policies(ROOT / "policies").described(ROOT)
    denied = [one.id for one in known if one.in_general == "deny" and one.file and not one.id.startswith("change.")]
    # These deny only in namespaces that the table `strict` names, and a stranger has none.
    only_in_strict = {one for one in denied if one not in DENIED_FOR_EVERYBODY}
    for rule in only_in_strict:
        text = (ROOT / next(one.file for one in known if one.id == rule)).read_text()
        assert re.findall(r"^deny contains .*", text, re.M) == [
            f'deny contains found if some found in strictness.denied("{matter}", _{name})'
            for matter, name in re.findall(r'strictness\.denied\("(\w+)", _(\w+)\)', text)
        ], rule
    assert sorted(set(denied) - only_in_strict) == DENIED_FOR_EVERYBODY


def test_promote_yaml_names_the_profile_and_the_command_line_another(one_pod: Repository) -> None:
    before = (one_pod.folder / "promote.yaml").read_text()
    one_pod.write("promote.yaml", before + "profile: baseline\n")
    try:
        assert one_pod.check("m").rules & set(SMALLEST) == {"workloads.host_namespaces"}
        assert one_pod.check("m", profile="general").rules & set(SMALLEST) == set(SMALLEST) - {
            "workloads.resource_table",
            "workloads.labels",
        }
    finally:
        one_pod.write("promote.yaml", before)


def test_a_rule_outside_the_profile_cannot_be_asked_for(one_pod: Repository) -> None:
    with pytest.raises(UsageError, match="the profile 'baseline' does not have the rule"):
        one_pod.check("m", profile="baseline", only=("images.retired",))


@pytest.mark.quick
def test_the_same_profiles_are_known_everywhere() -> None:
    known = schema()["properties"]["profile"]["enum"]
    assert known == list(rules.PROFILES)
    for name in rules.PROFILES:
        assert parse(["check", "--profile", name]).profile == name
    with pytest.raises(UsageError, match="'none'"):
        parse(["check", "--profile", "none"])


@pytest.mark.quick
def test_a_repository_without_rules_has_those_of_the_package(tmp_path: Path) -> None:
    assert policies.choose(tmp_path, None, None) == (Policies(policies.packaged()), "general")
    assert policies.choose(tmp_path, None, "baseline") == (Policies(policies.packaged()), "baseline")
    (tmp_path / "policies").mkdir()
    assert policies.choose(tmp_path, None, None) == (Policies(tmp_path / "policies"), "system")
    assert policies.choose(tmp_path, "rules", "restricted") == (Policies(tmp_path / "rules"), "restricted")


@pytest.mark.quick
@pytest.mark.parametrize(
    ("files", "is_of_rules"),
    [
        (["README.md"], False),
        (["kyverno/no-latest.yaml", "README.md"], False),
        (["kyverno/no-latest.yaml", "data/waivers.yaml"], False),
        (["images/tag_test.rego", "README.md"], True),
        (["data/cluster.yaml", "data/waivers.yaml"], True),
        (["README.md", "deep/er/tag.rego"], True),
    ],
    ids=str,
)
def test_a_folder_called_like_that_of_the_rules_may_be_another(
    tmp_path: Path, files: list[str], is_of_rules: bool
) -> None:
    """Many repositories keep policies of Kyverno, or a page about them, in `policies`."""
    for name in files:
        (tmp_path / "policies" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "policies" / name).touch()
    own = (Policies(tmp_path / "policies"), "system")
    assert policies.choose(tmp_path, None, None) == (
        own if is_of_rules else (Policies(policies.packaged()), "general")
    )
    assert policies.choose(tmp_path, "policies", None) == own
