"""Documents rendered = documents evaluated = documents validated, whatever a program or a file does."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import cast

import pytest

from promote.checks import inspection, kubeconform
from promote.checks.criteria import Criteria
from promote.checks.findings import Verdict
from promote.checks.policies import Policies
from promote.commands import check
from promote.commands.result import Result
from promote.errors import ConfigError, RenderError, ToolError
from promote.kustomize.documents import SEPARATOR
from promote.kustomize.render import Rendered
from tests.integration.checking import ROOT, Checked, Repository, surroundings, wrap

pytestmark = pytest.mark.quick

# Leaves out what stands behind the last separator of the only file that is no option.
DROP_THE_LAST = """\
for file in "$@"; do case "$file" in *promote-check-*.yaml) break;; esac; done
lines=$(grep -n -- '^---$' "$file" | tail -1 | cut -d: -f1)
head -n "$((lines - 1))" "$file" > "$file.cut"; cat "$file.cut" > "$file"
exec "$real" "$@"
"""
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s, namespace: a}\n"


@pytest.fixture
def small(tmp_path: Path) -> Repository:
    repository = Repository.small(tmp_path / "small")
    repository.keep_policies("documents")
    return repository


@pytest.fixture
def bare(tmp_path: Path) -> Repository:
    repository = Repository.bare(tmp_path / "bare")
    repository.keep_policies("documents")
    return repository


def judge(folder: Path, text: str, versions: tuple[str, ...] = ("1.36",)) -> Verdict:
    with surroundings(folder):
        return inspection.inspect(
            [Rendered("given", folder, text)], Criteria(Policies(ROOT / "policies"), (), versions), folder
        )


@pytest.mark.slow
@pytest.mark.parametrize("separator", ["--- # note\n", "---   \n", "--- !!map\n"])
def test_a_separator_that_conftest_does_not_split_at_hides_nothing(bare: Repository, separator: str) -> None:
    bare.write("files/all.yaml", (CONFIG_MAP % "first") + separator + CONFIG_MAP % "second" + "data: {a: 1}\n")
    found = bare.check("files")
    (target,) = found.json["targets"]
    assert target["documents"] == target["evaluated"] == target["validated"] == 2
    assert {one["resource"]["name"] for one in found.of("schema.invalid")} == {"second"}


def test_a_text_that_is_not_canonical_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RenderError, match="1 documents were rendered but 2 were read"):
        judge(tmp_path, (CONFIG_MAP % "first") + "--- # note\n" + CONFIG_MAP % "second")


@pytest.mark.slow
def test_conftest_seeing_fewer_documents(small: Repository, tmp_path: Path) -> None:
    found = small.check(PROMOTE_TOOLS=wrap(tmp_path / "tools", "conftest", DROP_THE_LAST))
    assert (found.code, found.json["targets"][0]["evaluated"]) == (3, 4)
    assert "small: 4 of 5 documents were evaluated by the rules" in {
        one["message"] for one in found.of("check.unevaluated")
    }


@pytest.mark.slow
def test_kubeconform_seeing_fewer_documents(small: Repository, tmp_path: Path) -> None:
    drop = 'exec "$real" "$@" | sed "/\\"name\\": \\"cart\\"/s/cart/cat/"\n'
    found = small.check(PROMOTE_TOOLS=wrap(tmp_path / "tools", "kubeconform", drop))
    assert (found.code, found.json["targets"][0]["validated"]) == (3, 3)
    assert {one["message"] for one in found.of("check.unvalidated")} == {
        "small: 3 of 5 documents were validated against Kubernetes 1.35, 1.36, 1.37"
    }


def test_kubeconform_validating_one_document_twice_and_another_never(tmp_path: Path) -> None:
    twice = [{"version": "v1", "kind": "ConfigMap", "name": "a", "status": "statusValid", "msg": ""}] * 2
    known = Rendered("given", tmp_path, SEPARATOR.join(CONFIG_MAP % name for name in "ab")).documents
    assert kubeconform.from_kubeconform(twice, "given", known) == (1, [])


def test_a_kind_without_a_schema(bare: Repository) -> None:
    bare.write("files/a.yaml", "apiVersion: example.com/v1\nkind: Cart\nmetadata: {name: a}\n")
    found = bare.check("files")
    assert found.code == 3
    assert found.json["targets"][0]["validated"] == 0
    (finding,) = found.of("schema.missing")
    assert "there is no schema for example.com/v1 Cart (Kubernetes 1.35, 1.36, 1.37)" in finding["message"]
    assert "that `schemas:` in promote.yaml names" in finding["fix"]
    assert finding["source"] == {"file": "files/a.yaml", "line": 2}
    assert [one["rule"] for one in found.json["findings"]] == ["schema.missing"]


@pytest.mark.slow
@pytest.mark.parametrize("profile", ["baseline", "general", "strict"])
def test_a_kind_without_a_schema_is_a_warning_in_a_smaller_profile(bare: Repository, profile: str) -> None:
    bare.write("files/a.yaml", "apiVersion: example.com/v1\nkind: Cart\nmetadata: {name: a}\n")
    found = bare.check("files", profile=profile)
    assert (found.code, found.json["targets"][0]["validated"]) == (0, 0)
    assert [(one["rule"], one["level"]) for one in found.json["findings"]] == [("schema.missing", "warn")]


@pytest.mark.slow
def test_the_custom_resources_of_the_sync_engines() -> None:
    with surroundings(ROOT):
        found = Checked(check.run(check.Options(("delivery/argocd", "delivery/flux", "delivery/flux/notifications"))))
    if (ROOT / ".tools" / "schemas").is_dir():
        assert {one["validated"] - one["documents"] for one in found.json["targets"]} == {0}
    else:
        assert found.code == 3
        assert {"put its schema at" in one["fix"] for one in found.of("schema.missing")} == {True}


@pytest.mark.slow
def test_a_schema_of_a_custom_resource_is_used_strictly(bare: Repository) -> None:
    bare.write("files/a.yaml", "apiVersion: example.com/v1\nkind: Cart\nmetadata: {name: a}\nspek: {}\n")
    bare.write("schemas/example.com/cart_v1.json", '{"properties": {"spec": {}, "kind": {}, "apiVersion": {}, '
               '"metadata": {}}, "additionalProperties": false}')  # fmt: skip
    bare.append("promote.yaml", "schemas: [schemas]\n")
    (finding,) = bare.check("files").of("schema.invalid")
    assert "the field 'spek' is unknown" in finding["message"]
    assert finding["source"]["line"] == 4


@pytest.mark.slow
def test_a_schema_that_cannot_be_read(bare: Repository) -> None:
    bare.write("files/a.yaml", "apiVersion: example.com/v1\nkind: Cart\nmetadata: {name: a}\n")
    bare.write("schemas/example.com/cart_v1.json", "{")
    bare.append("promote.yaml", "schemas: [schemas]\n")
    found = bare.check("files")
    assert found.code == 3
    assert {"schema.unreadable", "check.unvalidated"} <= found.rules


def policies(repository: Repository, **files: str) -> None:
    shutil.rmtree(repository.folder / "policies")
    (repository.folder / "policies").mkdir()
    for name, text in files.items():
        repository.write(f"policies/{name}.rego", text)


EVALUATION = (ROOT / "policies" / "evaluation.rego").read_text()
MAIN = (
    "package main\n\ndeny contains found if {\n\tsome topic, rule\n\tsome found in data.rules[topic][rule].deny\n}\n"
)
RULE = 'package rules.a.b\n\ndeny contains {"msg": "x"} if input.absent\n'


def test_an_empty_policy_folder(small: Repository) -> None:
    policies(small)
    with pytest.raises(ConfigError, match=r"there is no Rego rule in .*policies: point `policies:`"):
        small.check()


@pytest.mark.slow
@pytest.mark.parametrize(
    "files",
    [
        {"lib": "package lib\n\nx := 1\n"},
        {"main": MAIN, "evaluation": EVALUATION},
        {"main": MAIN, "rule": RULE},
        {"evaluation": EVALUATION, "rule": RULE},
    ],
    ids=["no entry point", "no rule", "no record of what took part", "nothing gathers the rules"],
)
def test_policies_that_evaluate_nothing(small: Repository, files: dict[str, str]) -> None:
    policies(small, **files)
    found = small.check()
    assert found.code == 3
    assert found.rules == {"check.no_rules"}


@pytest.mark.slow
def test_policies_with_a_rule_pass(small: Repository) -> None:
    policies(small, main=MAIN, evaluation=EVALUATION, rule=RULE)
    assert small.check().code == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("deny contains", "unexpected eof token"),
        ('deny contains {"msg": "x" if true', "unexpected if keyword: non-terminated object"),
        ("deny contains one if input[_]; true", "unexpected ; token"),
        ("deny contains x if true", "var x is unsafe"),
        ("deny contains 1 if nothing(1)", "there is no function `nothing` for rules: they may read their input"),
    ],
)
def test_policies_that_are_not_rego(small: Repository, rule: str, says: str) -> None:
    policies(small, main=f"package main\n\n{rule}\n")
    with pytest.raises(ToolError, match=rf"^policies/main\.rego:\d: {re.escape(says)}"):
        small.check()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["conftest", "kubeconform"])
@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo oops >&2; kill -SEGV $$", "oops"),
        ("exit 3", "exit code 3"),
        ('"$real" "$@"; exit 2', ""),
        ("echo '{\"resources\": ['", ""),
        ("echo '[{}]'", "its answer has an unknown form"),
        ("echo null", "its answer has an unknown form"),
        ("""echo '{"resources": [{"status": "statusValid", "filename": 1}]}'""", "its answer has an unknown form"),
    ],
    ids=["crash", "silence", "an answer and a crash", "half an answer", "another list", "null", "another form"],
)
def test_a_program_that_gives_no_verdict(
    small: Repository, tmp_path: Path, name: str, script: str, message: str
) -> None:
    with pytest.raises(ToolError, match=f"{name} gave no verdict: .*{message}"):
        small.check(PROMOTE_TOOLS=wrap(tmp_path / "tools", name, script))


@pytest.mark.slow
def test_a_target_without_documents(small: Repository) -> None:
    small.write("empty/kustomization.yaml", "resources: []\n")
    small.write("files/empty.yaml", "---\n# nothing\n---\n")
    found = small.check("empty", "files")
    assert (found.code, found.rules) == (3, {"check.nothing"})


def test_a_target_that_does_not_render(small: Repository) -> None:
    small.append("kustomization.yaml", "  - missing.yaml\n")
    with pytest.raises(
        RenderError,
        match=r"yaml:22: `labels` has a text, .* \(kustomize cannot build small: ",
    ):
        small.check()
    small.write("kustomization.yaml", "resources: [missing.yaml]\n")
    with pytest.raises(RenderError, match=r"missing\.yaml"):
        small.check()


def test_what_does_not_render_keeps_no_other_target_from_being_judged(bare: Repository) -> None:
    bare.write("good/a.yaml", CONFIG_MAP % "same" + "data: {number: 1}\n")
    for name in ("broken", "wrong"):
        bare.write(f"{name}/kustomization.yaml", "resources: [missing.yaml]\n")
    with pytest.raises(RenderError, match=r"^broken: ") as caught:
        bare.check("broken", "good", "wrong")
    found = Checked(cast(Result, caught.value.result))
    assert found.code == 2
    assert {one["target"] for one in found.of("schema.invalid")} == {"good"}
    assert {one["target"] for one in found.of("check.unrendered")} == {"broken", "wrong"}
    assert {one["name"]: one["documents"] for one in found.json["targets"]} == {"good": 1, "broken": 0, "wrong": 0}
    assert any("schema.invalid" in line for line in found.result.text)
    with pytest.raises(RenderError, match=r"^broken: ") as caught:
        bare.check("broken", "wrong")
    found = Checked(cast(Result, caught.value.result))
    assert {one["target"] for one in found.json["findings"]} == {"broken", "wrong"}
    # The error itself is about the first.
    assert [line.split(": ")[:2] for line in found.result.text] == [["not judged", "wrong"]]


@pytest.mark.slow
def test_an_object_that_stands_twice(bare: Repository) -> None:
    bare.write("files/a.yaml", CONFIG_MAP % "same")
    bare.write("files/b.yaml", CONFIG_MAP % "same")
    (finding,) = bare.check("files").of("check.repeated")
    assert finding["message"] == "ConfigMap/a/same is defined 2 times"


@pytest.mark.slow
def test_namespaces_are_told_apart(bare: Repository) -> None:
    for namespace in ("a", "b"):
        text = (CONFIG_MAP % "same").replace("namespace: a", f"namespace: {namespace}")
        bare.write(f"files/{namespace}.yaml", text + ("data: {number: 1}\n" if namespace == "b" else ""))
    (finding,) = bare.check("files").of("schema.invalid")
    assert (finding["resource"]["namespace"], finding["source"]["file"]) == ("b", "files/b.yaml")
