"""The versions of what Flux and Argo CD take from elsewhere, in rendered objects of any form."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.changes import deliveries
from promote.kustomize.sheets import Sheets
from promote.model import Document, Identity


def document(kind: str, spec: Any, name: str = "shop") -> Document:
    return Document(Identity("v1", kind, "", name), {"kind": kind, "spec": spec})


def apart(kind: str, theirs: Any, ours: Any, *more: Document) -> list[str]:
    found = deliveries.differing([document(kind, theirs), *more], [document(kind, ours), *more])
    return [f"{place}: {', '.join(one)} | {', '.join(other)}" for place, one, other in found]


def chart(version: str) -> dict[str, Any]:
    return {"chart": {"spec": {"chart": "shop", "version": version}}}


def elements(*versions: str) -> dict[str, Any]:
    return {"generators": [{"matrix": {"generators": [{"list": {"elements": [
        {"app": f"app{number}", "tag": version, "host": "h1"} for number, version in enumerate(versions)
    ]}}]}}]}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "theirs", "ours", "said"),
    [
        ("HelmRelease", chart("1.1"), chart("1.0"), ["HelmRelease/shop spec.chart.spec.version of shop: 1.1 | 1.0"]),
        ("HelmRelease", chart("1.1"), chart("1.1"), []),
        ("HelmRelease", chart(">=1.0.0-alpha"), chart(">=1.0.0"), []),
        ("HelmRelease", chart("1.x"), chart("1.0.0"),
         ["HelmRelease/shop spec.chart.spec.version of shop: 1.x | 1.0.0"]),
        ("HelmRelease", {"values": {"web": {"imageTag": "v2"}}}, {"values": {"web": {"imageTag": "v1"}}},
         ["HelmRelease/shop spec.values.web.imageTag: v2 | v1"]),
        ("HelmRelease", {"values": {"image": {"tag": "v2"}}}, {"values": {"image": {"tag": "v1"}}}, []),
        ("HelmRelease", {"values": {"apiVersion": "v2"}}, {"values": {"apiVersion": "v1"}}, []),
        ("OCIRepository", {"ref": {"semver": "1.x", "tag": "1"}}, {"ref": {"tag": "1.0.0"}},
         ["OCIRepository/shop spec.ref: 1.x | 1.0.0"]),
        ("GitRepository", {"ref": {"branch": "staging"}}, {"ref": {"branch": "production"}}, []),
        ("GitRepository", {"ref": {"branch": "main"}}, {"ref": {"tag": "v1"}},
         ["GitRepository/shop spec.ref: main | v1"]),
        ("Kustomization", {"images": [{"name": "web", "newTag": "2"}]}, {"images": [{"name": "web", "newTag": "1"}]},
         ["Kustomization/shop spec.images of web: 2 | 1"]),
        ("Kustomization", {"postBuild": {"substitute": {"WEB_TAG": "2"}}},
         {"postBuild": {"substitute": {"WEB_TAG": "1"}}},
         ["Kustomization/shop spec.postBuild.substitute.WEB_TAG: 2 | 1"]),
        ("Application", {"sources": [{"chart": "shop", "targetRevision": "2.0.0"}]},
         {"source": {"chart": "shop", "targetRevision": "1.0.0"}},
         ["Application/shop targetRevision of shop: 2.0.0 | 1.0.0"]),
        ("ApplicationSet", elements("1", "3"), elements("1", "2"),
         ["ApplicationSet/shop elements tag of app1: 3 | 2"]),
        ("ApplicationSet", elements("1", "3"), elements("1"), []),
    ],
)  # fmt: skip
def test_versions_that_differ(kind: str, theirs: Any, ours: Any, said: list[str]) -> None:
    assert apart(kind, theirs, ours) == said


def test_values_that_a_release_takes_from_a_config_map() -> None:
    def rendered(tag: str) -> list[Document]:
        text = f"image: {{tag: {tag}}}\nhost: {tag}\n"
        release = {**chart("1.0"), "valuesFrom": [{"kind": "ConfigMap", "name": "values-h56dkmf58f"}]}
        values = Document(Identity("v1", "ConfigMap", "", "values-h56dkmf58f"), {"data": {"values.yaml": text}})
        return [document("HelmRelease", release), values]

    found = list(deliveries.differing(rendered("v2"), rendered("v1")))
    assert [(str(place), *theirs, *ours) for place, theirs, ours in found] == [
        ("HelmRelease/shop values.yaml image.tag of shop", "v2", "v1")
    ]


def test_objects_with_other_names_are_compared_by_what_they_take() -> None:
    theirs = [document("HelmRelease", chart("1.1"), "staging-shop")]
    ours = [document("HelmRelease", chart("1.0"), "prod-shop"), document("HelmRelease", {"chart": {}}, "other")]
    ((place, one, other),) = deliveries.differing(theirs, ours)
    assert (place.name, one, other) == ("prod-shop", ["1.1"], ["1.0"])


_KEYS = st.sampled_from(
    ["chart", "elements", "generators", "images", "kind", "name", "postBuild", "ref", "source", "sources", "spec",
     "substitute", "tag", "template", "values", "valuesFrom", "version"]
)  # fmt: skip
_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(_KEYS, below, max_size=3),
    max_leaves=12,
)


@given(kind=st.sampled_from(["HelmRelease", "HelmChart", "OCIRepository", "Kustomization", "Application",
                             "ApplicationSet", "ConfigMap"]), theirs=_ANY, ours=_ANY)  # fmt: skip
def test_objects_of_any_form_are_compared(kind: str, theirs: Any, ours: Any) -> None:
    assert list(deliveries.differing([document(kind, theirs)], [document(kind, theirs)])) == []
    for _, one, other in deliveries.differing([document(kind, theirs)], [document(kind, ours)]):
        assert one != other


OBJECT = "kind: HelmRelease\nmetadata: {{name: shop}}\nspec: {{chart: {{spec: {{chart: shop, version: {0}}}}}}}\n"
TEXTS = st.one_of(
    st.text(max_size=40),
    st.builds("kind: HelmRelease\n{0}".format, st.text(max_size=40)),
    st.builds(OBJECT.format, st.sampled_from(["1.0", "1.1", "9" * 400, ".nan", "[", "2026-01-01", "!!binary x"])),
    st.builds("kind: List\nitems: [{{{0}}}]\n# HelmRelease".format, st.text(max_size=20)),
)


@given(TEXTS, TEXTS, TEXTS)
def test_files_of_any_text_are_compared_as_they_are_written(shared: str, one: str, other: str) -> None:
    files = {"base/all.yaml": shared, "one/own.yaml": one, "other/own.yaml": other}
    for name in ("one", "other"):
        files[f"{name}/kustomization.yaml"] = "resources: [../base/all.yaml]\npatches: [{path: own.yaml}]\n"
    sheets = Sheets(lambda path: files[path].encode("utf-8", "replace") if path in files else None)
    sides = [deliveries.written(sheets, *both) for both in (("one", "other"), ("other", "one"))]
    found = list(deliveries.differing(*sides))
    assert not (found and one == other)


def test_what_only_one_reads_changes_what_both_read() -> None:
    files = {"base/all.yaml": OBJECT.format("1.0"), "one/own.yaml": OBJECT.format("1.1")}
    files |= {
        "one/kustomization.yaml": "resources: [../base/all.yaml]\npatches: [{path: own.yaml}]\n",
        "other/kustomization.yaml": "resources: [../base/all.yaml]\n",
    }
    sheets = Sheets(lambda path: files[path].encode() if path in files else None)
    sides = [deliveries.written(sheets, *both) for both in (("one", "other"), ("other", "one"))]
    assert [(list(theirs), list(ours)) for _, theirs, ours in deliveries.differing(*sides)] == [(["1.1"], ["1.0"])]
