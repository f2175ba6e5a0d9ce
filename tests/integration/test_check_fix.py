"""`promote check --fix`: what it mends, where it writes that, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from promote.checks import inspection
from promote.checks.criteria import Criteria
from promote.checks.findings import Verdict
from promote.commands.check import Options
from promote.commands.result import Result
from promote.errors import RenderError, UsageError
from promote.kustomize import render
from promote.kustomize.render import Rendered
from tests.integration.checking import Checked, Repository
from tests.integration.sandbox import Clone

NO_ESCALATION = "            allowPrivilegeEscalation: false\n"
CART = "cart.yaml"
ONE_VERSION = 'kubernetes: ["1.36"]\n'  # which one makes no difference here, and each takes its time
OVERLAY = "resources: [../../base]\nnamespace: {}\npatches: [path: patch.yaml]\n"
PATCH = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart}
spec: {template: {spec: {containers: [{name: server, securityContext: {privileged: VALUE}}]}}}
"""

INLINE = """\
patches:
  - patch: |-
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: cart}
      spec:
        template:
          spec:
            containers:
              - name: server
                securityContext:
                  privileged: true  # for now
"""


class Case:
    """A repository under Git, to break, to mend and to look at."""

    def __init__(self, repository: Repository, clone: Clone) -> None:
        self.repository = repository
        self.clone = clone

    def fix(self, *targets: str, write: bool = False) -> Checked:
        return self.repository.ask(Options(targets, fix=True, write=write))

    def changed(self) -> str:
        """How many lines Git says are added and deleted in the checkout, and where."""
        return self.clone.git("diff", "--numstat")


@pytest.fixture
def case(tmp_path: Path, surroundings: dict[str, str]) -> Case:
    repository = Repository.small(tmp_path / "small")
    repository.keep_policies("workloads", "pod_security")
    repository.append("promote.yaml", ONE_VERSION)
    clone = Clone(repository.folder, surroundings)
    clone.git("init", "--quiet", "--initial-branch=main")
    return Case(repository, clone)


def test_a_missing_line_is_added_and_only_that(case: Case) -> None:
    good = (case.repository.folder / CART).read_text()
    case.repository.edit(CART, NO_ESCALATION, "")
    case.clone.commit()
    found = case.fix()
    fix = found.json["fix"]
    assert [one["rule"] for one in fix["mended"]] == ["workloads.privilege_escalation"]
    assert (fix["files"], fix["refused"], fix["written"]) == ([CART], [], False)
    # It is only shown, so the file is as it was, and denied.
    assert (case.changed(), found.code) == ("", 3)
    written = case.fix(write=True)
    assert (written.code, written.json["findings"]) == (0, [])
    assert sorted((case.repository.folder / CART).read_text().splitlines()) == sorted(good.splitlines())
    assert case.changed() == f"1\t0\t{CART}"


def test_git_takes_all_that_is_printed(case: Case) -> None:
    case.repository.edit(CART, NO_ESCALATION, "")
    case.repository.edit(CART, "      automountServiceAccountToken: false\n", "")
    case.repository.edit(CART, "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false")
    case.clone.commit()
    found = case.fix()
    case.clone.git("apply", stdin="".join(f"{line}\n" for line in found.result.text).encode())
    assert case.repository.check().rules == {"workloads.read_only_root"}  # for that there is no certain way
    assert "this patch fixes 2 findings in 1 file; 1 has no automatic fix" in found.result.text


def test_bytes_around_it_stay(case: Case) -> None:
    file = case.repository.folder / CART
    text = file.read_text().replace(NO_ESCALATION, "            allowPrivilegeEscalation: true # why\n")
    file.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").rstrip().encode())
    file.chmod(0o640)
    before = file.read_bytes()
    case.clone.commit()
    assert case.fix(write=True).code == 0
    assert file.read_bytes() == before.replace(b"Escalation: true", b"Escalation: false")
    assert file.stat().st_mode & 0o777 == 0o640


@pytest.fixture
def overlays(case: Case) -> Case:
    """Two environments on one base; in the first a patch makes the container privileged."""
    folder = case.repository.folder
    (folder / "base").mkdir()
    for name in ("kustomization.yaml", "cart.yaml", "policies.yaml"):
        (folder / name).rename(folder / "base" / name)
    for name, value in (("one", "true"), ("two", "false")):
        case.repository.write(f"overlays/{name}/kustomization.yaml", OVERLAY.format(name))
        case.repository.write(f"overlays/{name}/patch.yaml", PATCH.replace("VALUE", value))
    config = "environments: {one: {path: overlays/one}, two: {path: overlays/two}}\n"
    case.repository.write("promote.yaml", config + ONE_VERSION)
    return case


def test_a_value_is_mended_in_the_patch_that_wrote_it(overlays: Case) -> None:
    overlays.clone.commit()
    assert overlays.fix("one").json["fix"]["files"] == ["overlays/one/patch.yaml"]


def test_a_patch_may_stand_within_the_kustomization(overlays: Case) -> None:
    file = "overlays/one/kustomization.yaml"
    overlays.repository.edit(file, "patches: [path: patch.yaml]\n", INLINE)
    overlays.clone.commit()
    found = overlays.fix("one", write=True)
    assert (found.code, overlays.changed()) == (0, f"1\t1\t{file}")
    assert "privileged: false  # for now\n" in (overlays.repository.folder / file).read_text()


OPERATIONS = """\
patches:
  - target: {kind: Deployment, name: cart}
    patch: |-
      - op: add
        path: /spec/template/spec/containers/0/securityContext
        value: {privileged: true, allowPrivilegeEscalation: false, readOnlyRootFilesystem: true}
      - op: add
        path: /spec/template/spec/containers/0/securityContext/capabilities
        value:
          drop:
            - NET_RAW
            - CHOWN
"""


def test_an_operation_is_mended_where_it_stands(overlays: Case) -> None:
    file = "overlays/one/kustomization.yaml"
    overlays.repository.edit(file, "patches: [path: patch.yaml]\n", OPERATIONS)
    overlays.clone.commit()
    found = overlays.fix("one", write=True)
    assert {one["rule"] for one in found.json["fix"]["mended"]} >= {"workloads.privileged", "workloads.capabilities"}
    text = (overlays.repository.folder / file).read_text()
    assert "value: {privileged: false, allow" in text
    assert text.endswith("          drop:\n            - ALL\n")
    assert (found.json["fix"]["refused"], overlays.changed()) == ([], f"2\t3\t{file}")


@pytest.mark.thorough
def test_what_all_environments_lack_is_mended_once(overlays: Case) -> None:
    overlays.repository.edit("overlays/one/patch.yaml", "true", "false")
    overlays.repository.edit(f"base/{CART}", NO_ESCALATION, "")
    overlays.clone.commit()
    fix = overlays.fix("one").json["fix"]
    assert (fix["files"], [one["target"] for one in fix["mended"]]) == ([f"base/{CART}"], ["one", "two"])


def scaled(overlays: Case) -> None:
    """The base says that replicas are 2; an autoscaler in one environment makes that wrong there, and only there."""
    overlays.repository.edit(f"base/{CART}", "spec:\n  selector", "spec:\n  replicas: 2\n  selector")
    overlays.repository.edit("overlays/one/kustomization.yaml", "[../../base]", "[../../base, scaler.yaml]")
    overlays.repository.write(
        "overlays/one/scaler.yaml",
        "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: cart}\n"
        "spec:\n  minReplicas: 2\n  maxReplicas: 3\n"
        "  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: cart}\n",
    )


def test_what_would_change_another_environment_is_refused(overlays: Case) -> None:
    overlays.repository.edit("overlays/one/patch.yaml", "true", "false")
    scaled(overlays)
    overlays.clone.commit()
    found = overlays.fix(write=True)
    (refused,) = (one for one in found.json["fix"]["refused"] if one["rule"] == "workloads.replicas_with_hpa")
    assert refused["reason"] == "the change would also have another effect on Deployment/two/cart in two"
    assert refused["instead"] == {
        "file": "overlays/one/kustomization.yaml",
        "patch": "patches:\n  - target: {kind: Deployment, name: cart}\n    patch: |-\n"
        "      - {op: remove, path: /spec/replicas}\n",
    }
    assert "    2\n" not in "".join(found.json["fix"]["patch"])
    assert found.code == 3


COLOUR = """\
# METADATA
# title: {title}
# description: For a test.
# custom:
#   id: workloads.{name}
#   profile: baseline
#   subjects: documents
#   severity: high
#   fix: "change the annotation"
package rules.workloads.{name}

import data.lib.documents
import data.lib.finding

deny contains found if {{
	some workload in documents.resources
	{condition}
	where := {{"path": "/metadata/annotations/colour", "msg": "has a wrong colour", "fix": "", {correction}}}
	found := finding.about(workload, where)
}}
"""


def test_a_change_that_causes_another_finding_takes_no_other_change_along(case: Case) -> None:
    """All are judged together first; here the verdict refuses one of them, and so they are judged one by one."""
    colour = 'object.get(workload.content.metadata, "annotations", {}).colour'
    case.repository.write(
        "policies/workloads/red.rego",
        COLOUR.format(
            title="Red is denied",
            name="red",
            condition=f'{colour} == "red"',
            correction='"set": "blue"',
        ),
    )
    case.repository.write(
        "policies/workloads/blue.rego",
        COLOUR.format(title="Blue is denied", name="blue", condition=f'{colour} == "blue"', correction=""),
    )
    case.repository.edit(
        CART, "  name: cart\nspec:\n  selector", "  name: cart\n  annotations: {colour: red}\nspec:\n  selector"
    )
    case.repository.edit(CART, NO_ESCALATION, "")
    case.clone.commit()
    found = case.fix(write=True)
    assert [one["rule"] for one in found.json["fix"]["mended"]] == ["workloads.privilege_escalation"]
    (refused,) = found.json["fix"]["refused"]
    caused = "workloads.blue: Deployment/cart: has a wrong colour"
    assert refused["reason"] == f"the change would cause a new finding, {caused}"
    assert case.changed() == f"1\t0\t{CART}"


def test_many_findings_take_two_verdicts(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """A verdict takes seconds, and a repository that is checked for the first time has dozens of findings."""
    judged = []
    inspect = inspection.inspect

    def counted(targets: Sequence[Rendered], criteria: Criteria, *rest: Any) -> Verdict:
        judged.append(targets)
        return inspect(targets, criteria, *rest)

    monkeypatch.setattr(inspection, "inspect", counted)
    case.repository.edit(CART, NO_ESCALATION, "")
    case.repository.edit(
        CART,
        "            readOnlyRootFilesystem: true\n            capabilities: {drop: [ALL]}\n",
        "            privileged: true\n",
    )
    case.repository.edit(CART, "      automountServiceAccountToken: false\n", "")
    case.clone.commit()
    assert len(case.fix().json["fix"]["mended"]) >= 3
    assert len(judged) == 2


def test_what_is_refused_is_not_tried_again(overlays: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each change is rendered once: that of another file, the one that is refused, and the patch in place of it."""
    scaled(overlays)
    overlays.clone.commit()
    rendered = []
    side_by_side = render.side_by_side

    def counted(*given: Any) -> list[Rendered]:
        rendered.append(given)
        return side_by_side(*given)

    monkeypatch.setattr(render, "side_by_side", counted)
    fix = overlays.fix().json["fix"]
    assert [[one["rule"] for one in fix[key]] for key in ("mended", "refused")] == [
        ["workloads.privileged"],
        ["workloads.replicas_with_hpa"],
    ]
    assert len(rendered) == len(["before", "privileged", "replicas", "patch in place of replicas"])


@pytest.fixture
def broken(overlays: Case) -> Case:
    """A third environment that cannot be built, on a base of its own."""
    overlays.repository.write("overlays/three/kustomization.yaml", "resources: [../../other, gone.yaml]\n")
    overlays.repository.write("other/kustomization.yaml", "resources: [../base]\n")
    overlays.repository.edit("promote.yaml", "two}}", "two}, three: {path: overlays/three}}")
    return overlays


def test_an_environment_that_cannot_be_rendered_stops_no_fix_elsewhere(broken: Case) -> None:
    broken.clone.commit()
    with pytest.raises(RenderError, match=r"three: .*gone\.yaml") as stopped:
        broken.fix(write=True)
    assert isinstance(stopped.value.result, Result)
    fix = stopped.value.result.json["fix"]
    assert (fix["files"], [one["target"] for one in fix["mended"]]) == (["overlays/one/patch.yaml"], ["one"])
    assert broken.changed() == "1\t1\toverlays/one/patch.yaml"
    broken.clone.git("checkout", "--quiet", ".")
    assert broken.fix("one").json["fix"]["files"] == ["overlays/one/patch.yaml"]


def test_what_such_an_environment_reads_is_not_changed(broken: Case) -> None:
    for name in ("one", "two"):
        broken.repository.edit(f"overlays/{name}/kustomization.yaml", "patches: [path: patch.yaml]\n", "")
    broken.repository.edit(f"base/{CART}", NO_ESCALATION, "")
    broken.clone.commit()
    fix = broken.fix("one", "two", write=True).json["fix"]
    assert (broken.changed(), fix["mended"]) == ("", [])
    assert {one["reason"] for one in fix["refused"]} == {
        f"base/{CART}: three is built from it too, and cannot be rendered"
    }
    assert fix["refused"][0]["instead"]["file"] == "overlays/one/kustomization.yaml"


def test_only_what_is_new_is_mended(case: Case) -> None:
    case.repository.edit(CART, NO_ESCALATION, "")
    case.clone.commit()
    case.repository.edit(CART, "      automountServiceAccountToken: false\n", "")
    found = case.repository.ask(Options(fix=True, write=True, base="main", fail_on="new"))
    assert [one["rule"] for one in found.json["fix"]["mended"]] == ["workloads.service_account_token"]
    assert [(one["rule"], one["status"]) for one in found.json["findings"]] == [
        ("workloads.privilege_escalation", "old")
    ]
    assert (found.code, case.changed()) == (0, f"1\t1\t{CART}")


def test_what_an_anchor_shares_is_refused(case: Case) -> None:
    case.repository.edit(CART, "          securityContext:\n" + NO_ESCALATION, "          securityContext: &shared\n")
    proxy = "        - name: proxy\n          image: cart\n          securityContext: *shared\n"
    case.repository.edit(CART, "---\n", f"{proxy}---\n")
    case.clone.commit()
    refused = case.fix().json["fix"]["refused"]
    assert {one["reason"] for one in refused} == {
        f"{CART}: a YAML anchor uses this value in other places too; write the value in each place"
    }
    assert case.changed() == ""
    # Each container has a patch of its own instead, and together they mend the rule.
    mine = [one["instead"]["patch"] for one in refused if one["rule"] == "workloads.privilege_escalation"]
    assert [patch.partition("value: ")[2].partition("}")[0] for patch in mine] == ["proxy", "server"]
    entries = "".join(patch.removeprefix("patches:\n") for patch in mine)
    case.repository.append("kustomization.yaml", f"patches:\n{entries}")
    assert "workloads.privilege_escalation" not in case.repository.check().rules


@pytest.mark.quick
@pytest.mark.parametrize(
    ("options", "refusal"),
    [
        (Options(write=True), "--write needs --fix"),
        (Options(("/etc/hostname",), fix=True), "is outside the repository"),
    ],
)
def test_what_makes_no_sense(case: Case, options: Options, refusal: str) -> None:
    with pytest.raises(UsageError, match=refusal):
        case.repository.ask(options)
