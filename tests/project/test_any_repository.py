"""Whatever a small repository or folder looks like, promote answers: it never ends as a bug."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from tests.integration.sandbox import Clone, Outcome
from tests.project import any_repository
from tests.project.any_repository import Folder, Repository, deployment

Asked = Callable[[Mapping[str, str], Sequence[str]], Outcome]
ANSWERS = {0, 2, 3, 4}
QUICK = settings(max_examples=5, suppress_health_check=[HealthCheck.too_slow])
DEEP = settings(QUICK, max_examples=60)


@pytest.fixture(scope="module")
def asked(surroundings: dict[str, str]) -> Asked:
    """What a command answers in a new clone of these files."""

    def ask(files: Mapping[str, str], command: Sequence[str]) -> Outcome:
        with tempfile.TemporaryDirectory(prefix="any-repository-") as folder:
            clone = Clone(Path(folder), surroundings)
            for path, text in files.items():
                clone.write(path, text)
            clone.git("init", "--quiet", "--initial-branch=main", "--template=")
            clone.commit()
            outcome = clone.run(*command)
        assert outcome.code in ANSWERS, outcome.err
        assert "Traceback" not in outcome.err
        return outcome

    return ask


def judge_folder(asked: Asked, folder: Folder) -> None:
    files = {f"m/{path}": text for path, text in folder.files.items()}
    outcome = asked(files, ("check", "m", "--output", "json", *folder.options))
    if outcome.code == 2:
        return
    found = [one["resource"] for one in outcome.json["findings"] if one["rule"] == "check.repeated"]
    assert {
        tuple(one[key] for key in ("apiVersion", "kind", "namespace", "name")) for one in found
    } == folder.repeated


CONTAINERS = [{"name": "web", "image": "shop/web:1.0"}, {"name": "more", "image": "shop/more:1.0"}]
# The simplest repository: two environments and a base, none of which names a namespace.
OVERLAY = "resources: [../../base]\nimages: [{name: shop/web, newTag: '1.0'}]\n"
PLAIN = {
    "base/kustomization.yaml": "resources: [deployment.yaml]\n",
    "base/deployment.yaml": json.dumps(deployment("web", None, CONTAINERS[:1])),
    "overlays/staging/kustomization.yaml": OVERLAY.replace("1.0", "1.1"),
    "overlays/production/kustomization.yaml": OVERLAY,
}


@pytest.mark.parametrize("configured", [True, False], ids=["promote.yaml", "defaults"])
@pytest.mark.parametrize(
    "command",
    [
        ("check", "base"),
        ("check", "overlays/staging"),
    ],
    ids=" ".join,
)
def test_no_namespace_anywhere(asked: Asked, command: tuple[str, ...], configured: bool) -> None:
    outcome = asked(PLAIN | ({"promote.yaml": any_repository.CONFIG} if configured else {}), command)
    assert outcome.code == 3
    assert "Deployment/web without a namespace: no NetworkPolicy denies all egress and ingress by default" in (
        outcome.out + outcome.err
    )


@pytest.mark.parametrize(
    "command",
    [("bump", "overlays/staging", "web=1.2"), ("plan", "overlays/staging", "overlays/production")],
    ids=" ".join,
)
def test_what_was_denied_before_stops_no_version(asked: Asked, command: tuple[str, ...]) -> None:
    outcome = asked(PLAIN, command)
    assert outcome.code == 0
    assert "there before: `promote check" in outcome.out


def test_objects_without_a_namespace_are_named_and_located(asked: Asked) -> None:
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "r"},
        "rules": [],
    }
    pods = [deployment(f"web-{number}", None, CONTAINERS) for number in range(5)]
    outcome = asked({"m/all.json": _list(role, *pods)}, ("check", "m", "--output", "json"))
    found = [one for one in outcome.json["findings"] if one["rule"] == "network.default_deny"]
    assert [one["message"] for one in found] == [
        "Deployment/web-0, Deployment/web-1, Deployment/web-2 and 2 more without a namespace: "
        "no NetworkPolicy denies all egress and ingress by default"
    ]
    # Not the role, which belongs to no namespace.
    assert {(one["source"]["file"], one["source"]["line"]) for one in found} == {("m/all.json", 3)}


@pytest.mark.parametrize("command", [("check", "m"), ("check", "m", "--fix"), ("check", "m", "--fix", "--write")])
@pytest.mark.parametrize("order", [1, -1])
def test_an_object_that_stands_twice_with_lists_of_other_lengths(
    asked: Asked, command: tuple[str, ...], order: int
) -> None:
    maps = [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": part} for part in ({}, {"b": 1})
    ]
    both = [deployment("web", "shop", CONTAINERS[:number]) for number in (1, 2)]
    files = {"m/a.json": _list(*both[::order], *maps), "m/b.yaml": "---\n# nothing\n"}
    outcome = asked(files, command)
    assert outcome.code == 3
    assert outcome.out.count("DENY  check.repeated  m/a.json:") == 2


def test_each_of_two_objects_has_its_own_lines(asked: Asked) -> None:
    first, second = CONTAINERS
    one = [deployment("web", "shop", [{**first, "securityContext": {"privileged": False}}])]
    other = [deployment("web", "shop", [{**first, "prots": 1}, {**second, "securityContext": {"privileged": True}}])]
    outcome = asked({"m/a.json": _list(*one), "m/b.json": _list(*other)}, ("check", "m", "--output", "json"))
    found = {(each["rule"], each["container"]): each["source"] for each in outcome.json["findings"]}
    assert found["workloads.privileged", "more"]["file"] == "m/b.json"
    assert found["schema.invalid", ""]["file"] == "m/b.json"


def test_an_object_that_is_defined_twice_is_not_fixed(asked: Asked) -> None:
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"}}
    files = {
        "m/a.json": json.dumps({**pod, "spec": {"containers": CONTAINERS, "hostNetwork": True}}),
        "m/b.json": json.dumps({**pod, "spec": {"containers": CONTAINERS}}),
    }
    fix = asked(files, ("check", "m", "--fix", "--output", "json")).json["fix"]
    reasons = {one["rule"]: one["reason"] for one in fix["refused"]}
    assert reasons["workloads.host_namespaces"] == "Pod/shop/web is defined 2 times: keep one definition first"
    assert (fix["mended"], fix["patch"]) == ([], "")


def test_unique_objects_are_fixed_next_to_repeated_ones(asked: Asked) -> None:
    first, second = CONTAINERS
    fault = {"securityContext": {"privileged": True}}
    both = [deployment("web", "shop", [{**first, **fault}, {**second, **fault}]), deployment("web", "shop", [first])]
    files = {
        "m/a.json": _list(*both),
        "m/b.json": _list(deployment("api", "shop", [{**first, **fault}])),
    }
    outcome = asked(files, ("check", "m", "--fix", "--write"))
    assert outcome.code == 3
    assert "Deployment/shop/web is defined 2 times: keep one definition first" in outcome.out
    assert "b/m/b.json" in outcome.out
    assert "b/m/a.json" not in outcome.out


LONG = "n" * 300
KUSTOMIZATION = "overlays/staging/kustomization.yaml"


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        (KUSTOMIZATION, f"resources: [{LONG}]\n", f"`resources` names '{LONG}', which does not exist"),
        (KUSTOMIZATION, f"resources: [{LONG}/a]\n", f"`resources` names '{LONG}/a', which does not exist"),
        (KUSTOMIZATION, f"{OVERLAY}patches: [path: {LONG}]\n", f"`patches` names '{LONG}', which does not exist"),
        (KUSTOMIZATION, 'resources: ["a\\0b"]\n', r"`resources` names 'a\x00b', which does not exist"),
        (KUSTOMIZATION, "resources: [../../base\n", "this is not YAML"),
        ("base/deployment.yaml", "kind: 'Pod\n", "this is not YAML"),
        ("base/deployment.yaml", "kind: [\t\n", "this is not YAML"),
    ],
    ids=["long", "long folder", "long patch", "null byte", "unclosed list", "unclosed text", "tab at the end"],
)
def test_what_cannot_be_built_is_located(asked: Asked, path: str, text: str, said: str) -> None:
    outcome = asked(PLAIN | {path: text}, ("check", "overlays/staging"))
    assert outcome.code == 2
    assert f"{path}:" in outcome.err
    assert said in outcome.err


def test_a_patch_in_one_long_line_is_no_path(asked: Asked) -> None:
    content = {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "a"}, "data": {"a": LONG, "b": 1}}
    files = PLAIN | {
        "base/map.yaml": "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n",
        "base/kustomization.yaml": f"resources: [map.yaml]\npatchesStrategicMerge: ['{json.dumps(content)}']\n",
    }
    assert "DENY  schema.invalid" in asked(files, ("check", "base")).out


def _list(*objects: any_repository.Object) -> str:
    """A list of these objects, one a line from the second on."""
    return '{"apiVersion": "v1", "kind": "List", "items": [\n' + ",\n".join(map(json.dumps, objects)) + "]}\n"


@QUICK
@given(any_repository.folders())
def test_any_folder_is_judged(asked: Asked, folder: Folder) -> None:
    judge_folder(asked, folder)


@pytest.mark.thorough
@DEEP
@given(any_repository.folders())
def test_many_folders_are_judged(asked: Asked, folder: Folder) -> None:
    judge_folder(asked, folder)


@QUICK
@given(any_repository.repositories())
def test_any_repository_is_answered(asked: Asked, repository: Repository) -> None:
    asked(repository.files, repository.command)


@pytest.mark.thorough
@DEEP
@given(any_repository.repositories())
def test_many_repositories_are_answered(asked: Asked, repository: Repository) -> None:
    asked(repository.files, repository.command)
