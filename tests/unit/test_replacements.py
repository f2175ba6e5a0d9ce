"""Images that `replacements` set: the place of their version is found, and an edit changes that and nothing else."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.errors import EditRefused
from promote.kustomize import field_paths, versions
from promote.kustomize.sheets import Sheets
from promote.model import Version
from promote.versions.found import Versions
from promote.versions.images import ImagesFile
from tests.replacing import DEPLOYMENT, DIGEST, FORMS, OTHER, OWN, PLACES, SOURCES, TARGETS, Case
from tests.unit.test_places_properties import TAGS, many

QUOTED = ("1.10", "20260101", "1e3", "017")  # YAML would read something else without quotes
TWO = DEPLOYMENT.replace("shop/log:v1", "shop/web:v7").replace("IMAGE", "shop/api:v0")
GENERATED = "configMapGenerator: [{name: v, literals: [TAG=v1, REGISTRY=eu.example, API=shop/api:v1]}]\n"


def found(files: Mapping[str, bytes]) -> Versions:
    return versions.find(Sheets(files.get), ImagesFile.parse(files[OWN], OWN), "env")


def replaced(text: str, own: str = "", base: str = TWO) -> dict[str, bytes]:
    files = {
        OWN: f"resources: [../base]\n{own}{GENERATED}replacements:\n{text}",
        "base/kustomization.yaml": "resources: [api.yaml]\n",
        "base/api.yaml": base,
    }
    return {path: data.encode() for path, data in files.items()}


def entry(key: str = "TAG", options: str = "{delimiter: ':', index: 1}", more: str = "", path: str = "*") -> str:
    return (
        f"- source: {{kind: ConfigMap, name: v, fieldPath: data.{key}}}\n  targets:\n"
        f"  - select: {{kind: Deployment{more}}}\n"
        f"    fieldPaths: ['spec.template.spec.containers.{path}.image']\n    options: {options}\n"
    )


def references(files: Mapping[str, bytes]) -> list[str]:
    return sorted(image.reference for image in found(files).images)


@many(12)
@given(
    st.builds(Case, *(st.sampled_from(sorted(parts)) for parts in (FORMS, SOURCES, TARGETS, PLACES))),
    st.tuples(st.sampled_from(TAGS), st.sampled_from(TAGS)),
    st.tuples(*[st.sampled_from([None, DIGEST, OTHER])] * 2),
    st.tuples(st.sampled_from(["", "'", '"']), st.sampled_from(["\n", "\r\n"]), st.sampled_from(["", "\ufeff"])),
)
def test_an_edit_gives_exactly_the_expected_bytes(
    case: Case, tags: tuple[str, str], digests: tuple[str | None, str | None], form: tuple[str, str, str]
) -> None:
    old, new = (case.version(*pair) for pair in zip(tags, digests, strict=True))
    quote, newline, head = form
    text = FORMS[case.form][3]
    if text in ("VERSION", "DIGEST") and {*tags} & {*QUOTED}:
        quote = quote or '"'

    def files(version: Version) -> dict[str, bytes]:
        filled = {path: data.decode() for path, data in case.files(version, quote).items()}
        # A mark at the start would be a part of a text that is a whole file.
        is_yaml = {path: path.endswith(".yaml") for path in filled}
        return {
            path: ((head if is_yaml[path] else "") + data).replace("\n", newline).encode()
            for path, data in filled.items()
        }

    if not case.is_built:
        return  # kustomize copies another text, or none
    before = found(files(old))
    assert [image.version for image in before.images if image.name == case.name] == [old]
    if old.digest and not new.digest:
        with pytest.raises(EditRefused):
            before.with_versions({case.name: new})
        return
    assert {**files(old), **before.with_versions({case.name: new}).changes(before)} == files(new)
    assert before.whole


def test_all_images_with_one_text_move_together() -> None:
    files = replaced(entry())
    both = found(files)
    assert references(files) == ["shop/api:v1", "shop/web:v1"]
    with pytest.raises(EditRefused, match="this is the version of shop/api, too; name all images that share it"):
        both.with_versions({"shop/web": Version("v2")})
    after = both.with_versions({"shop/web": Version("v2"), "shop/api": Version("v2")})
    assert after.changes(both) == {OWN: files[OWN].replace(b"TAG=v1", b"TAG=v2")}


def test_texts_next_to_one_another_are_patched_one_by_one() -> None:
    own = "patches:\n- target: {kind: ConfigMap}\n  patch: '[{op: replace, path: /data/WEB, value: v2}]'\n"
    files = replaced(entry("API", path="[name=api]") + entry("WEB", path="[name=log]"), own)
    files[OWN] = files[OWN].replace(GENERATED.encode(), b"").replace(b"../base]", b"../base, v.yaml]")
    files["env/v.yaml"] = b"kind: ConfigMap\nmetadata: {name: v}\ndata: {API: v1, WEB: v1}\n"
    assert references(files) == ["shop/api:v1", "shop/web:v2"]


@pytest.mark.parametrize(
    ("text", "expected"),
    {
        "a label": (entry(more=", labelSelector: app=api"), ["shop/api:v0", "shop/web:v7"]),
        "rejected": (
            entry().replace("    fieldPaths", "    reject: [{name: a.*}]\n    fieldPaths"),
            ["shop/api:v0", "shop/web:v7"],
        ),
        "rejected by a label": (
            entry().replace("    fieldPaths", "    reject: [{labelSelector: a=b}]\n    fieldPaths"),
            ["shop/api:v0", "shop/web:v7"],
        ),
        "another is rejected": (
            entry().replace("    fieldPaths", "    reject: [{name: b.*}]\n    fieldPaths"),
            ["shop/api:v1", "shop/web:v1"],
        ),
        "another kind": (entry().replace("kind: Deployment", "kind: Job"), ["shop/api:v0", "shop/web:v7"]),
        "one container": (entry(path="[name=log]"), ["shop/api:v0", "shop/web:v1"]),
        "a part of the name of a container": (entry(path="[name=o]"), ["shop/api:v0", "shop/web:v1"]),
        "by another field": (entry(path="[image=shop]"), ["shop/api:v0", "shop/web:v7"]),
        "no such key": (entry("NONE"), ["shop/api:v0", "shop/web:v7"]),
        "a Secret": (entry().replace("ConfigMap", "Secret"), ["shop/api:v0", "shop/web:v7"]),
        "a registry": (
            entry("REGISTRY", "{delimiter: /, index: 0}"), ["eu.example/api:v0", "eu.example/web:v7"]
        ),
        "a registry in front": (
            entry("REGISTRY", "{delimiter: /, index: -1}"), ["eu.example/shop/api:v0", "eu.example/shop/web:v7"]
        ),
        "a registry, then the version": (
            entry("REGISTRY", "{delimiter: /, index: 0}") + entry(), ["eu.example/api:v1", "eu.example/web:v1"]
        ),
        "name and version at once": (entry("API", "{delimiter: /, index: 1}"), ["shop/api:v0", "shop/web:v7"]),
        "another container": (
            entry("API", "{}", path="[name=api]") + "- source: {kind: Deployment, name: api, fieldPath: "
            "'spec.template.spec.containers.[name=api].image'}\n  targets:\n  - select: {kind: Deployment}\n"
            "    fieldPaths: [spec.template.spec.containers.0.image]\n",
            ["shop/api:v1"],
        ),
        "the version of another container": (
            "- source: {kind: Deployment, name: api, fieldPath: spec.template.spec.containers.1.image, "
            "options: {delimiter: ':', index: 1}}\n" + entry().partition("\n")[2], ["shop/api:v0", "shop/web:v0"],
        ),
    }.values(),
)  # fmt: skip
def test_what_is_followed_and_what_is_not(text: str, expected: list[str]) -> None:
    assert references(replaced(text)) == expected


def test_images_of_the_environment_come_first_and_those_of_outer_layers_last() -> None:
    files = replaced(entry(), "images: [{name: shop/api, newName: eu.example/api, newTag: v8}]\n")
    assert found(files).apart.keys() == {"shop/api"}
    outer = {f"outer/{path}": data for path, data in replaced(entry()).items()}
    own = b"resources: [../outer/env]\nimages: [{name: shop/api, newTag: v9}]\n"
    both = versions.find(Sheets({**outer, "top/k": b"", "top/kustomization.yaml": own}.get),
                         ImagesFile.parse(own, "top/kustomization.yaml"), "top", whole=True)  # fmt: skip
    assert sorted(image.reference for image in both.images) == ["shop/api:v9", "shop/web:v1"]


@pytest.mark.parametrize(
    ("path", "steps", "keys"),
    [
        ("data.API", ("data", "API"), ("data", "API")),
        (r"data.a\.b", ("data", "a.b"), ("data", "a.b")),
        ("data.[a.b].c", ("data", "a.b", "c"), ("data", "a.b", "c")),
        ("a.[name=b.c].0.*", ("a", "[name=b.c]", "0", "*"), ()),
        ("a.-", ("a", "-"), ()),
        ("", (), ()),
    ],
)
def test_the_steps_of_a_path(path: str, steps: tuple[str, ...], keys: tuple[str, ...]) -> None:
    assert field_paths.steps(path) == steps
    assert field_paths.keys(path) == keys
