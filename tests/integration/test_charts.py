"""Helm charts and files outside of a kustomization, where promote.yaml allows them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from promote.checks.inputs import Inputs
from promote.cli.main import main
from promote.git.repository import Repository
from promote.kustomize import options, render
from promote.kustomize.closure import closure
from promote.kustomize.options import Options
from promote.kustomize.readers import readers
from tests.integration.tiny import CONFIG, Tiny

pytestmark = pytest.mark.quick

HELM = "kustomize: {helm: true, load_restrictor: none}\n"
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      containers:
        - {name: api, image: "shop/api:{{ .Values.tag }}", env: [{name: MODE, value: "{{ .Values.mode }}"}]}
"""
CHART = {
    "charts/api/Chart.yaml": "apiVersion: v2\nname: api\nversion: 1.0.0\n",
    "charts/api/values.yaml": "tag: none\nmode: plain\n",
    "charts/api/values.schema.json": '{"$schema": "http://json-schema.org/draft-07/schema#", "type": "object"}',
    "charts/api/templates/api.yaml": DEPLOYMENT,
    "charts/api/templates/_helpers.tpl": "{{/* nothing */}}\n",
}
OVERLAY = """\
resources: [../../base]
helmGlobals: {chartHome: ../../charts}
helmCharts:
  - name: api
    releaseName: api
    valuesFile: ../values.yaml
    additionalValuesFiles: [own.yaml]
    valuesInline: {mode: quick}
images:
  - {name: shop/web, newTag: "%s"}
  - {name: shop/cart, newTag: "1.0"}
  - {name: shop/api, newTag: "%s"}
"""
STAGING, PRODUCTION = "overlays/staging", "overlays/production"
SHOP = CHART | {
    "promote.yaml": CONFIG + HELM,
    "overlays/values.yaml": "tag: shared\n",
    f"{STAGING}/own.yaml": "tag: own\n",
    f"{PRODUCTION}/own.yaml": "tag: own\n",
    f"{STAGING}/kustomization.yaml": OVERLAY % ("1.1", "2.0"),
    f"{PRODUCTION}/kustomization.yaml": OVERLAY % ("1.0", "1.9"),
}


@pytest.fixture
def shop(clone: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tiny]:
    monkeypatch.setenv("PROMOTE_CACHE", str(tmp_path / "cache"))
    clone.commit(SHOP)
    options.use(Options(helm=True, load_restrictor="none"))
    yield clone
    options.use(Options())


def text(shop: Tiny, folder: str = STAGING) -> str:
    return render.kustomize(shop.root / folder, "it").text


@pytest.mark.slow
def test_a_chart_of_the_repository_is_rendered_with_its_values(shop: Tiny) -> None:
    rendered = text(shop)
    assert "name: api" in rendered
    assert "image: shop/api:2.0" in rendered
    assert "value: quick" in rendered


@pytest.mark.slow
def test_a_version_in_a_chart_is_promoted_with_a_rendered_proof(
    shop: Tiny, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", "staging", "production", "--output", "json"]) == 0
    changes = {one["image"]: one["new"]["tag"] for one in json.loads(capfd.readouterr().out)["changes"]}
    assert changes == {"shop/web": "1.1", "shop/api": "2.0"}
    assert main(["staging", "production"]) == 0
    assert main(["merge", "1"]) == 0
    capfd.readouterr()
    shop.write({})
    assert main(["diff", "production", "--base", "HEAD"]) == 0


@pytest.mark.slow
def test_a_finding_in_a_chart_names_where_it_is_listed(shop: Tiny, capfd: pytest.CaptureFixture[str]) -> None:
    (shop.root / "charts/api/templates/api.yaml").write_text(
        DEPLOYMENT.replace("  selector:", "  never: 1\n  selector:")
    )
    assert main(["check", "staging", "--output", "json"]) == 3
    (found,) = json.loads(capfd.readouterr().out)["findings"]
    assert (found["rule"], found["source"]) == (
        "schema.invalid",
        {"file": f"{STAGING}/kustomization.yaml", "line": 3},
    )


@pytest.mark.slow
def test_what_helm_says_is_in_the_message(shop: Tiny, capfd: pytest.CaptureFixture[str]) -> None:
    shop.write({"charts/api/templates/api.yaml": '{{ fail "set a mode" }}\n'})
    assert main(["check", "staging"]) == 2
    said = capfd.readouterr().err
    assert "set a mode" in said
    assert f"{STAGING}/kustomization.yaml" in said
    assert "HELM_" not in said


@pytest.mark.slow
@pytest.mark.parametrize("name", [*sorted(CHART), "overlays/values.yaml", f"{STAGING}/own.yaml"])
def test_each_file_of_a_chart_counts_for_what_is_remembered(shop: Tiny, name: str) -> None:
    before = Inputs(shop.root).of(shop.root / STAGING)
    with (shop.root / name).open("a") as file:
        file.write("\n")
    assert None not in (before, Inputs(shop.root).of(shop.root / STAGING))
    assert Inputs(shop.root).of(shop.root / STAGING) != before
    with Repository.containing(shop.root).checkout_files() as files:
        assert name in (closure(files, STAGING) or ())
        assert readers(files, [STAGING, "base"], [name]) == [STAGING]


@pytest.mark.quick
def test_the_options_count_for_what_is_remembered(shop: Tiny) -> None:
    seen = {Inputs(shop.root).of(shop.root / STAGING)}
    plain = shop.root / "base"
    for one in (Options(), Options(helm=True), Options(load_restrictor="none")):
        options.use(one)
        seen.add(Inputs(shop.root).of(plain))
    assert len(seen) == 4


@pytest.mark.slow
@pytest.mark.parametrize("call", ["randAlphaNum 5", "now", 'genCA "x" 1', "uuidv4", 'htpasswd "a" "b"'])
def test_a_chart_that_differs_each_time_is_not_remembered(shop: Tiny, call: str) -> None:
    shop.write({"charts/api/templates/_helpers.tpl": '{{- define "x" }}{{ ' + call + " }}{{ end }}\n"})
    assert Inputs(shop.root).of(shop.root / STAGING) is None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("helm_command: /bin/sh", "helm_command"),
        ("enable_exec: true", "enable_exec"),
        ("enable_alpha_plugins: true", "enable_alpha_plugins"),
        ("network: true", "network"),
        ("load_restrictor: all", "load_restrictor"),
        ("helm: helm3", "helm"),
    ],
)
def test_other_options_are_refused(shop: Tiny, setting: str, says: str, capfd: pytest.CaptureFixture[str]) -> None:
    shop.write({"promote.yaml": f"{CONFIG}kustomize: {{{setting}}}\n"})
    assert main(["check", "staging"]) == 2
    said = capfd.readouterr().err
    assert said.startswith("promote: promote.yaml:5: ")
    assert says in said


def test_without_the_options_neither_is_built(shop: Tiny, capfd: pytest.CaptureFixture[str]) -> None:
    shop.write({"promote.yaml": CONFIG + "kustomize: {load_restrictor: none}\n"})
    assert main(["check", "staging"]) == 2
    assert f"{STAGING}/kustomization.yaml:2: promote renders no Helm charts: allow it" in capfd.readouterr().err
    shop.write({"promote.yaml": CONFIG + "kustomize: {helm: true}\n"})
    assert main(["check", "staging"]) == 2
    assert "is not in or below" in capfd.readouterr().err


def test_only_the_checkout_that_promote_runs_in_allows(shop: Tiny, capfd: pytest.CaptureFixture[str]) -> None:
    """A pull request that allows charts is not built with them."""
    shop.write({"promote.yaml": CONFIG})
    assert main(["plan", "staging", "production"]) == 2
    assert "promote renders no Helm charts" in capfd.readouterr().err
