from __future__ import annotations

from pathlib import Path

import pytest

from promote.kustomize import local_charts as charts
from promote.kustomize.local_charts import Unclear
from promote.yamltext import reader


def read(text: str) -> list[charts.Chart]:
    (root,) = reader.roots(text)
    return charts.of(root)


def test_where_kustomize_looks_for_a_chart_and_its_values() -> None:
    one, two, three = read("""\
helmGlobals: {chartHome: ../../charts}
helmCharts:
  - {name: web, releaseName: web, valuesFile: a.yaml, additionalValuesFiles: [b.yaml, ../c.yaml]}
  - {name: group/cart, version: 1.2.3, includeCRDs: true, valuesInline: {repo: "{{ x }}"}}
  - {name: cart, version: 1.2.3, repo: oci://example.com/charts, valuesMerge: merge, kubeVersion: "1.36"}
""")
    assert (one.folder, one.values) == ("../../charts/web", ("a.yaml", "b.yaml", "../c.yaml"))
    assert (two.folder, two.values) == ("../../charts/group/cart", ())
    # kustomize pulls it into a folder with the version, and looks there first.
    assert three.folder == "../../charts/cart-1.2.3/cart"
    assert read("helmCharts: [{name: web}]\n")[0].folder == "charts/web"
    assert read("helmCharts:\nhelmGlobals:\n") == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("helmCharts: [{name: web, releaseName: --post-renderer=x}]", 1),
        ("helmCharts:\n- name: web\n  nameTemplate: '{{ env \"HOME\" }}'", 3),
        ("helmCharts: [{name: ../web}]", 1),
        ("helmCharts: [{name: /web}]", 1),
        ("helmCharts: [{name: web, version: ../x, repo: y}]", 1),
        ("helmCharts: [{name: web, namespace: -x}]", 1),
        ("helmCharts: [{name: web, kubeVersion: --x}]", 1),
        ("helmCharts: [{name: web, apiVersions: [--x]}]", 1),
        ("helmCharts: [{name: web, valuesFile: -}]", 1),
        ("helmCharts: [{name: web, additionalValuesFiles: x}]", 1),
        ("helmCharts: [{name: web, valuesMerge: other}]", 1),
        ("helmCharts: [{name: web, includeCRDs: 'true'}]", 1),
        ("helmCharts: [{name: web, version: 1.0}]", 1),
        ("helmCharts: [{name: !!binary d2Vi}]", 1),
        ("helmCharts: [{name: web, Name: other}]", 1),
        ("helmCharts: [{name: web, name: other}]", 1),
        ("helmCharts: [{releaseName: web}]", 1),
        ("helmCharts: {name: web}", 1),
        ("helmCharts: []\nHelmCharts: [{name: web}]", 2),
        ("helmCharts: []\nhelmCharts: [{name: web}]", 2),
        ("helmChartInflationGenerator: [{chartName: web, helmBin: /bin/sh}]", 1),
        ("helmCharts: []\nhelmGlobals:\n  configHome: plugins", 3),
        ("helmGlobals: {chartHome: -x}", 1),
    ],
)
def test_what_is_not_known_to_be_harmless_is_not_understood(text: str, line: int) -> None:
    with pytest.raises(Unclear) as refusal:
        read(f"{text}\n")
    assert refusal.value.line == line


def schema(folder: Path, text: str) -> tuple[int, str] | None:
    (folder / "s").write_text(text)
    return charts.problem("values.schema.json", folder / "s")


@pytest.mark.parametrize(
    "text",
    [
        '{"$ref": "file:///etc/passwd"}',
        '{"a": [{"$ref" :\n"https://example.com/x.json"}]}',
        '{"$ref": "other.json#/x"}',
        r'{"\u0024ref": "file:///x"}',
        r'{"$r\u0065f": "file:\/\/\/x"}',
        '{"$schema": "https://example.com/schema"}',
        '{"$ref": "#/x", "$ref": "file:///x"}',
        '{"$dynamicRef": "x"}',
    ],
)
def test_a_schema_that_leads_to_another_document_is_a_problem(text: str, tmp_path: Path) -> None:
    problem = schema(tmp_path, text)
    assert problem is not None
    assert "is another document, which helm would open" in problem[1]


def test_a_schema_of_its_own_is_not(tmp_path: Path) -> None:
    own = '"$schema": "http://json-schema.org/draft-07/schema#", "$ref": "#/$defs/a", "x": "$ref"'
    text = f'{{{own}, "$defs": {{"$ref": {{}}}}}}'
    assert schema(tmp_path, text) is None


def test_results_that_differ_each_time_are_found() -> None:
    assert not charts.are_stable([b"a: b", b"x: {{ randAlphaNum 5 }}"])
    assert not charts.are_stable([b"{{- $x := genCA 'x' 1 -}}"])
    assert charts.are_stable([b"x: {{ .Values.x }}", b"# what is random now"])
