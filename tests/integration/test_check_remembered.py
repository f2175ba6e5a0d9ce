"""A verdict that is remembered is the one that a new check would give, whatever has changed in between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from promote.checks import inspection, remembered
from promote.checks.criteria import Criteria
from promote.checks.inputs import Inputs
from promote.checks.policies import Policies
from promote.errors import ToolError
from promote.kustomize import render
from promote.proof import introduced
from promote.system import cache, process, tools
from promote.yamltext.answers import Answers
from tests.integration import sandbox

MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\ndata: {a: b}\n"
COMPONENT = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\ncommonAnnotations: {c: d}\n"
# Everything that a kustomization can read, by the file that is read.
FILES = {
    "overlays/a/kustomization.yaml": """\
namespace: shop
resources: [../../base, own.yaml]
components: [../../component]
patches: [{path: patch.yaml}, {patch: '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "own"}}'}]
patchesStrategicMerge: [merge.yaml]
configMapGenerator: [{name: made, files: [file.txt, key=other.txt], envs: [all.env]}]
replacements: [{path: replacement.yaml}]
configurations: [names.yaml]
images:
- name: x
  newTag: "1"
""",
    "overlays/a/own.yaml": MAP % "own",
    "overlays/a/patch.yaml": MAP % "own",
    "overlays/a/merge.yaml": MAP % "own",
    "overlays/a/file.txt": "text",
    "overlays/a/other.txt": "text",
    "overlays/a/all.env": "A=1\n",
    "overlays/a/replacement.yaml": "source: {kind: ConfigMap, name: own, fieldPath: data.a}\ntargets: []\n",
    "overlays/a/names.yaml": "commonLabels: []\n",
    "base/kustomization.yaml": "resources: [map.yaml]\n",
    "base/map.yaml": MAP % "base",
    "component/kustomization.yaml": COMPONENT,
    "unrelated/kustomization.yaml": "resources: []\n",
    "unrelated/map.yaml": MAP % "unrelated",
}
CHANGES: dict[str, Callable[[str], str]] = {
    "a value": lambda text: text.replace("b}", "c}").replace('"1"', '"2"').replace("text", "other"),
    "a line": lambda text: text + "# line\n",
    "a variable": lambda text: text + "FROM_OUTSIDE\n",
    "a name": lambda text: text.replace("own", "foreign"),
    "a namespace": lambda text: text.replace("shop", "store"),
    "an unknown field": lambda text: text + "helmCharts: []\n",
}
pytestmark = [pytest.mark.quick, pytest.mark.filterwarnings("error")]


def _write(folder: Path) -> Path:
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def _rendered(folder: Path) -> str:
    return render.kustomize(folder / "overlays" / "a", "a").text


@pytest.mark.slow
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(FILES)), st.sampled_from([*CHANGES, "gone", "another next to it"])),
        min_size=1,
        max_size=2,
    )
)
def test_the_same_hash_means_the_same_manifests(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[str, str]]
) -> None:
    folder = _write(tmp_path_factory.mktemp("tree"))
    before, text = Inputs(folder).of(folder / "overlays" / "a"), _rendered(folder)
    assert before is not None
    for name, change in changes:
        file = folder / name
        if change == "gone":
            file.unlink(missing_ok=True)
        elif change == "another next to it":
            file.with_name("kustomization.yml").write_text("namePrefix: new-\nresources: []\n")
        elif file.exists():
            file.write_text(CHANGES[change](file.read_text()))
    if Inputs(folder).of(folder / "overlays" / "a") == before:
        assert _rendered(folder) == text


@pytest.mark.parametrize("name", sorted(name for name in FILES if not name.startswith("unrelated")))
def test_each_file_that_is_read_counts(name: str, tmp_path: Path) -> None:
    folder = _write(tmp_path)
    before = Inputs(folder).of(folder / "overlays" / "a")
    with (folder / name).open("a") as file:
        file.write("\n# changed\n")
    assert Inputs(folder).of(folder / "overlays" / "a") not in (None, before)


def test_what_is_not_read_does_not_count(tmp_path: Path) -> None:
    folder = _write(tmp_path)
    before = Inputs(folder).of(folder / "overlays" / "a")
    (folder / "unrelated" / "map.yaml").write_text(MAP % "other")
    assert Inputs(folder).of(folder / "overlays" / "a") == before


@pytest.mark.parametrize(
    "line",
    [
        "helmCharts: [{name: x}]",
        "Resources: [own.yaml]",
        "transformers: [own.yaml]",
        "generators: [own.yaml]",
        "resources: [https://example.invalid/x]",
        "resources: [github.com/some/where]",
        "resources: [git@example.invalid:x]",
        "resources: [../../../outside]",
        "resources: [/etc/hostname]",
        "resources: [missing.yaml]",
        "resources: [1.5]",
        "resources: own.yaml",
        "patches: [{Path: own.yaml}]",
        "configMapGenerator: [{name: x, envs: [outside.env]}]",
        "configMapGenerator: [{name: x, unknown: [file.txt]}]",
        "x: &x {y: 1}\nresources: [own.yaml]\nz: {<<: *x}",
        "resources: [.]",
        "resources: [link]",
        "resources: [fifo]",
        "unknown: 1",
        # Without what looks like a field of its own, this would be the name of another file.
        'resources: ["own\\\nnamespace: abc\n.yaml"]',
        'crds: ["own\\\nimages:\n  - name: a\n.yaml"]',
        'patchesStrategicMerge: ["a\\n/../own.yaml"]',
    ],
)
def test_nothing_is_remembered_where_something_is_not_certain(line: str, tmp_path: Path) -> None:
    import os

    folder = _write(tmp_path / "tree")
    here = folder / "overlays" / "a"
    (tmp_path / "outside").mkdir()
    (here / "link").symlink_to(tmp_path / "outside")
    (here / "outside.env").write_text("FROM_OUTSIDE\n")
    os.mkfifo(here / "fifo")
    (here / "kustomization.yaml").write_text(f"{line}\n")
    assert Inputs(folder).of(here) is None


@pytest.fixture
def checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checked:
    """A tree that is checked by rules of its own."""
    for key, value in sandbox.environment(tmp_path).items():
        monkeypatch.setenv(key, value)
    monkeypatch.chdir(tmp_path)
    return Checked(tmp_path)


class Checked:
    """A tree with rules, and what decides its verdict."""

    def __init__(self, folder: Path) -> None:
        self.root = _write(folder / "tree")
        self.rules = self.root / "policies"
        (self.rules / "data").mkdir(parents=True)
        (self.rules / "data" / "names.yaml").write_text("names: [own]\n")
        (self.rules / "main.rego").write_text(MAIN)
        (self.rules / "evaluation.rego").write_text(EVALUATION)
        (self.root / "schemas").mkdir()
        self.criteria = Criteria(Policies(self.rules), (self.root / "schemas",), ("1.36",), today=date(2030, 1, 1))
        self.target = ("a", self.root / "overlays" / "a")

    def judge(self, **more: Any) -> Any:
        # Each time as a new run would: nothing of the rules is in memory.
        criteria = replace(self.criteria, policies=Policies(self.rules))
        return remembered.judge([self.target], criteria, self.root, **more)

    def key(self, **more: Any) -> str | None:
        criteria = replace(self.criteria, **{"policies": Policies(self.rules), **more})
        return remembered._Verdicts(criteria, self.root).key(*self.target, Inputs(self.root))


MAIN = """\
package main
deny contains {"msg": sprintf("%s is named", [name]), "rule": "some.rule", "kind": "ConfigMap", "name": name} if {
	some entry in input
	name := entry.contents.metadata.name
	name in data.names
}
"""
EVALUATION = """\
package evaluation
warn contains {"msg": "seen", "documents": count(input), "rules": ["some.rule"], "subjects": {}} if true
"""


def _counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    ran: list[str] = []
    run = tools.run

    def watched(name: str, *rest: str | Path, **more: Any) -> process.Completed:
        ran.append(name)
        return run(name, *rest, **more)

    monkeypatch.setattr(tools, "run", watched)
    return ran


@pytest.mark.slow
def test_an_unchanged_target_starts_no_program(checked: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = _counted(monkeypatch)
    first = checked.judge()
    assert {"kustomize", "conftest", "kubeconform"} <= set(ran)
    ran.clear()
    assert checked.judge() == first
    assert ran == []
    monkeypatch.setenv("PROMOTE_NO_CACHE", "1")
    assert checked.judge() == first
    assert "conftest" in ran


@pytest.mark.slow
def test_a_remembered_verdict_is_a_new_one(checked: Checked) -> None:
    """With findings, their places, and what was seen."""
    rendered = [render.kustomize(checked.target[1], "a")]
    expected = inspection.inspect(rendered, checked.criteria, checked.root)
    assert expected.findings
    assert [checked.judge() for _ in range(2)] == [expected] * 2


@pytest.mark.slow
def test_what_a_change_starts_from_is_judged_once(checked: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its verdict is that of the environment before, where its files are still there to be compared."""
    rendered = render.kustomize(checked.target[1], "a")
    verdict = checked.judge()
    assert verdict.findings
    monkeypatch.setenv("PROMOTE_CACHE", str(checked.root.parent / "empty"))
    ran = _counted(monkeypatch)
    for programs in ({"conftest", "kubeconform"}, set()):
        marked = introduced.marked(verdict, [rendered], checked.criteria, checked.root, is_in_place=True)
        assert {one.status for one in marked.findings} == {"old"}
        assert set(ran) == programs
        ran.clear()
    assert introduced.marked(verdict, [rendered], checked.criteria, checked.root) == marked
    assert set(ran) == {"conftest", "kubeconform"}, "nothing is known of files that may have changed"


@pytest.mark.parametrize("name", ["main.rego", "evaluation.rego", "data/names.yaml", "data/more.yaml", "new.rego"])
def test_another_rule_or_table_makes_another_key(name: str, checked: Checked) -> None:
    before = checked.key()
    file = checked.rules / name
    old = file.read_text() if file.exists() else ""
    file.write_text(f"{old or ('package new' if name == 'new.rego' else 'more: 1')}\n# changed\n")
    assert checked.key() not in (None, before)


def test_whatever_else_decides_makes_another_key(checked: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
    before = checked.key()
    assert before is not None
    assert checked.key() == before
    assert checked.key(kubernetes=("1.35",)) != before
    assert checked.key(profile="general") != before
    assert checked.key(live=frozenset({checked.target[1]})) != before
    assert remembered._Verdicts(checked.criteria, checked.root).key(
        "b", checked.target[1], Inputs(checked.root)
    ) not in (None, before)
    (checked.root / "schemas" / "some.json").write_text("{}")
    assert checked.key() not in (None, before)
    (checked.root / "schemas" / "some.json").unlink()
    assert checked.key() == before
    with monkeypatch.context() as changed:
        changed.setattr(remembered, "code", lambda: "other")
        assert checked.key() not in (None, before)
    with monkeypatch.context() as changed:
        changed.setattr(tools, "identity", lambda name: name)
        assert checked.key() not in (None, before)
    monkeypatch.setenv("CONFTEST_TRACE", "true")
    assert checked.key() not in (None, before)


@pytest.mark.parametrize("call", ["time.now_ns()", 'http.send({"method": "get", "url": "x"})', "opa.runtime()"])
def test_nothing_is_remembered_of_rules_that_look_elsewhere(call: str, checked: Checked) -> None:
    (checked.rules / "main.rego").write_text(f"{MAIN}\nx := {call}\n")
    assert checked.key() is None


@pytest.mark.slow
def test_what_is_asked_for_is_applied_to_what_is_remembered(checked: Checked) -> None:
    whole = checked.judge()
    assert {finding.rule for finding in whole.findings} == {"some.rule"}
    assert checked.judge(only=["schema.invalid"]).findings == ()
    assert checked.judge() == whole


@pytest.mark.slow
def test_a_verdict_that_turns_out_different_is_an_error(checked: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = checked.judge()
    kept = Answers("verdicts", checked.root, 1 << 20)
    key = checked.key()
    assert key is not None
    kept.put(key, {**kept.get(key), "whole": False})
    with pytest.raises(ToolError, match=r"^a: the remembered verdict was different, and was replaced"):
        checked.judge(fresh=True)
    assert checked.judge(fresh=True) == expected


@pytest.mark.slow
def test_a_file_that_changes_meanwhile_is_not_remembered(checked: Checked) -> None:
    def load(path: Path, name: str) -> render.Rendered:
        rendered = render.folder_or_file(path, name)
        (path / "own.yaml").write_text(MAP % "changed")
        return rendered

    checked.judge(load=load)
    assert not [path for path in (cache.folder() / "verdicts").iterdir() if path.is_file()]
