"""What is said where kustomize cannot build: the line at fault first, and what to write there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from promote.cli.main import main
from promote.errors import RenderError
from promote.kustomize import render
from tests.integration.checking import Repository, surroundings

pytestmark = pytest.mark.quick

TOP, BASE, CART, PATCH = "top/kustomization.yaml", "base/kustomization.yaml", "base/cart.yaml", "top/cart.patch.yaml"
FILES = {
    TOP: """\
resources:
  - ../base
components:
  - ../part
patches:
  - path: cart.patch.yaml
  - target: {kind: Service}
    patch: |-
      - op: add
        path: /spec/ports/0/name
        value: http
configMapGenerator:
  - name: settings
    behavior: merge
    literals: [MODE=loud]
""",
    PATCH: """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: cart
spec: {replicas: 2}
""",
    "part/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: []\n",
    BASE: """\
resources:
  - cart.yaml
configMapGenerator:
  - name: settings
    files: [MODE=mode.txt]
""",
    "base/mode.txt": "quiet",
    CART: """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: cart
---
apiVersion: v1
kind: Service
metadata:
  name: cart
spec:
  ports: [{port: 80}]
""",
}


@pytest.fixture
def two(tmp_path: Path) -> Repository:
    repository = Repository(tmp_path)
    for path, text in FILES.items():
        repository.write(path, text)
    return repository


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        (CART, "  name: cart\n---", "\tname: cart\n---", f"{CART}:4: this is not YAML: .*: indent with spaces"),
        (CART, "spec:\n  ports", "spec:\n   ports: []\n  ports", f"{CART}:12: this is not YAML: "),
        (CART, "spec:\n", "kind: Service\nspec:\n", f"{CART}:10: this is not YAML: duplicate key 'kind'"),
        (CART, "kind: Service\n", "", f"{CART}:6: this object has no 'kind': add it"),
        (CART, "metadata:\n  name: cart\nspec", "spec", f"{CART}:6: this object has no 'metadata.name'"),
        (CART, "apiVersion: v1\nkind: Service\nmetadata:\n  name: cart\nspec",
         "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nspec",
         f"{CART}:6: this is a kustomization without 'metadata.name': move it to a folder of its own"),
        (BASE, "resources:\n  - cart.yaml\nconfigMapGenerator:\n  - name: settings\n    files: [MODE=mode.txt]\n",
         "# later\n", f"{BASE}:1: this 'kustomization.yaml' is empty: write what it builds"),
        (BASE, "resources:", "resource:", f"{BASE}:1: unknown field 'resource'; .* mean 'resources'"),
        (BASE, "- cart.yaml", "- crat.yaml", f"{BASE}:2: `resources` names 'crat.yaml', .* mean 'cart.yaml'"),
        (BASE, "- cart.yaml", "- cart.yaml\n  - cart.yaml", f"{BASE}:3: 'cart.yaml' has an object .* already has"),
        (BASE, "MODE=mode.txt", "MODE=made.txt", f"{BASE}:5: `configMapGenerator` names 'made.txt', .* 'mode.txt'"),
        (BASE, "cart.yaml", "../top", f"{BASE}:2: `resources` names '../top', which includes this"),
        (BASE, "cart.yaml", "../top/cart.patch.yaml", f"{BASE}:2: `resources` names .*, which is outside"),
        (TOP, "- ../part", "- ../prat", f"{TOP}:4: `components` names '../prat', .* mean '../part'"),
        (TOP, "- ../part", "- ../base/cart.yaml", f"{TOP}:4: `components` names '../base/cart.yaml', .* a file"),
        (TOP, "- ../base", "- ..", f"{TOP}:2: `resources` names the folder '..', which has no kustomization.yaml"),
        (TOP, "path: cart.patch", "path: cat.patch", f"{TOP}:6: `patches` names 'cat.patch.yaml', .* 'cart.patch"),
        (TOP, "behavior:", "behaviour:", f"{TOP}:14: unknown field 'behaviour' "),
        (TOP, "name: settings", "name: setting", f"{TOP}:13: `behavior: merge` needs another 'setting', .*ttings'"),
        (TOP, "    behavior: merge\n", "", f"{TOP}:13: what this builds on has 'settings', too: add `behavior"),
        (TOP, "ports/0/name", "ports/7/name", f"{TOP}:9: the path '/spec/ports/7/name' does not exist in an object"),
        (TOP, "path: cart.patch.yaml", "cart.patch.yaml", f"{TOP}:6: `patches` has a text, .*: write `path: cart"),
        (TOP, "- path: cart.patch.yaml", "- |-\n    kind: A", f"{TOP}:6: `patches` has a text, .* below `patch:`"),
        (TOP, "literals: [MODE=loud]", "literals: {MODE: loud}", f"{TOP}:15: `configMapGenerator.literals` has a m"),
        (BASE, "resources:\n  - cart.yaml", "resources: cart.yaml", f"{BASE}:1: `resources` has a text, .* a list: "),
        (BASE, "resources:", "commonLabels: {tier: 1}\nresources:", f"{BASE}:1: `commonLabels` has a n.*quotes"),
        (BASE, "resources:", "replicas: [{name: cart, count: '2'}]\nresources:", f"{BASE}:1: `replicas.count` has a"),
        ("part/kustomization.yaml", "[]", "{}", "part/kustomization.yaml:3: `resources` has a mapping, .* a list"),
        (BASE, "files: [MODE=mode.txt]", "env: mode.env", f"{BASE}:5: `configMapGenerator` names 'mode.env', which"),
        (BASE, "resources:", "secretGenerator: [{name: key, envs: [.env.key]}]\nresources:", f"{BASE}:1: "
         "`secretGenerator` names '.env.key', which does not exist .*; .* `unrendered: warn`"),
        (BASE, "  - cart.yaml", "  - rendered-input.yaml\n  - cart.yaml", f"{BASE}:2: `resources` names "
         "'rendered-input.yaml', which does not exist .*; .* `unrendered: warn`"),
        (BASE, "resources:", "kind: Kustomization\napiVersion: kustomize.config.k8s.io/v1\nresources:", f"{BASE}:2: "
         "`apiVersion` is 'kustomize.config.k8s.io/v1': write kustomize.config.k8s.io/v1beta1 "),
        (PATCH, "name: cart", "name: card", f"{PATCH}:4: this patch is for Deployment 'card', .* mean 'cart'"),
    ],
)  # fmt: skip
def test_the_line_at_fault_comes_first(two: Repository, file: str, old: str, new: str, expected: str) -> None:
    two.edit(file, old, new)
    with surroundings(two.folder), pytest.raises(RenderError, match=f"^x: {expected}") as refusal:
        render.kustomize(two.folder / "top", "x")
    assert refusal.value.place is not None
    # Kustomize's own words follow, without its way there.
    assert "(kustomize cannot build top: " in str(refusal.value)
    assert str(refusal.value).count("'") % 2 == 0
    assert "accumulat" not in str(refusal.value).replace("accumulation err='merging", "")
    assert str(two.folder) not in str(refusal.value)


def test_no_words_of_go_are_in_what_kustomize_says_of_a_merge(two: Repository) -> None:
    two.edit(TOP, "name: settings", "name: setting")
    with surroundings(two.folder), pytest.raises(RenderError) as refusal:
        render.kustomize(two.folder / "top", "x")
    said = "(kustomize cannot build top: ConfigMap 'setting' does not exist; cannot merge or replace)"
    assert str(refusal.value).endswith(said)


def test_a_file_of_another_kind_is_named(two: Repository) -> None:
    two.edit(BASE, "resources:", "apiVersion: v1\nkind: Service\nspec: {path: /healthz}\nresources:")
    expected = f"^x: {BASE}:2: this is a Service, not a kustomization"
    with surroundings(two.folder), pytest.raises(RenderError, match=expected):
        render.kustomize(two.folder / "top", "x")


def test_a_field_that_is_wrong_in_a_configuration(two: Repository) -> None:
    """The same word is right in a kustomization, where it would be found first."""
    two.edit(BASE, "resources:", "configurations: [fields.yaml]\nresources:")
    two.write("base/fields.yaml", "images:\n- path: spec/image\n  apiVersion: v1\n")
    expected = r"^x: base/fields.yaml:3: a file of `configurations` has no field 'apiVersion' "
    with surroundings(two.folder), pytest.raises(RenderError, match=expected):
        render.kustomize(two.folder / "top", "x")


def test_as_they_are_the_files_build(two: Repository) -> None:
    with surroundings(two.folder):
        assert len(render.kustomize(two.folder / "top", "x").documents) == 3


def test_what_nobody_can_tell_is_kustomizes_to_say(two: Repository) -> None:
    two.edit(TOP, "components:", "replicas: [{name: nobody, count: 2}]\ncomponents:")
    with surroundings(two.folder), pytest.raises(RenderError, match=r"^x: kustomize cannot build top: .*nobody"):
        render.kustomize(two.folder / "top", "x")


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("github", "::error file=top/kustomization.yaml,line=4,title=check.unrendered::top"),
        ("markdown", "| deny | check.unrendered | top/kustomization.yaml:4 | top"),
        ("junit", '<failure type="deny" message="top'),
        ("sarif", '"startLine": 4'),
        ("json", '"line": 4'),
    ],
)
def test_programs_are_told_the_line(
    two: Repository, output: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    two.edit(TOP, "- ../part", "- ../prat")
    with surroundings(two.folder):
        assert main(["check", "top", "--output", output]) == 2
    out, err = capsys.readouterr()
    assert expected in out
    assert err.startswith("promote: top: top/kustomization.yaml:4: ")
    if output in ("json", "sarif"):
        assert json.loads(out)
