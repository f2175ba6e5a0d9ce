"""Files with versions in every kind of place are composed as templates, so that the expected bytes need no parser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from promote.errors import EditRefused, PromoteError
from promote.kustomize import reads, versions, written
from promote.kustomize.sheets import Sheets
from promote.model import Image, Version
from promote.versions.declared import Declared
from promote.versions.found import Versions
from promote.versions.images import ImagesFile
from promote.versions.insertion import inserted

TAGS = ["v1", "1.10", "2.0.1", "sha-0a1b2c3", "20260101", "1e3", "017", "main_7"]
DIGEST, OTHER = "sha256:" + "0" * 64, "sha256:" + "9e" * 32
OWN = "env/kustomization.yaml"
HEADS = ["", "\ufeff", "---\n", "# shop/api:v1\n---\n", "%YAML 1.1\n---\n"]
ENDS = ["\n", "\r\n"]
NOISE = ["&a ", "*a", "\n", "  ", "{", "]", '"', "'", "|", "---\n", "\t", "<<: *a", "# ", ": "]


@dataclass(frozen=True)
class Template:
    """Files of an environment; VALUE is where the text of the version is, quoted or not as it needs; RAW, never."""

    files: Mapping[str, str]
    name: str = "shop/api"
    reference: str = ""  # what is before the version in its scalar; nothing where that is the version itself
    declared: tuple[Declared, ...] = ()
    folder: str = ""  # what is before each version, as a part of it

    def filled(self, version: Version, quote: str) -> dict[str, bytes]:
        text = version.tag or ""
        if self.reference:
            text = f"{self.reference}:{text}" + (f"@{version.digest}" if version.digest else "")
        unquoted = not quote and not (not self.reference and text in ("1.10", "20260101", "1e3", "017"))
        value = text if unquoted else (quote or '"') + text + (quote or '"')
        filled = {path: one.replace("VALUE", value) for path, one in self.files.items()}
        return {path: one.replace("RAW", text).encode() for path, one in filled.items()}


def _deployment(image: str) -> str:
    return (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: api}\nspec:\n  template:\n    spec:\n      "
        "containers:\n      - name: log\n        image: shop/log:v1\n"
        f"      - name: api\n        image: {image}  # é\n"
    )


def _inline(text: str, key: str = "patch") -> str:
    lines = "".join(f"    {line}\n" if line else "\n" for line in text.splitlines())
    return f"patches:\n- target: {{kind: Deployment, name: api}}\n  {key}: |-\n{lines}"


RELEASE = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: api}\nspec:\n  values:\n"
APPLICATION = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: api}\nspec:\n  source:\n"
JSON_PATCH = (
    "- {op: test, path: /kind, value: Deployment}\n\n- op: replace\n"
    "  path: /spec/template/spec/containers/1/image\n  value: VALUE # v1\n"
)
BASE = {"base/kustomization.yaml": "resources: [api.yaml]\n", "base/api.yaml": _deployment("shop/api:v0")}
DECLARED = (Declared("schema", "settings.yaml", "data.SCHEMA"),)
RESOURCES = "resources: [../base]\n"
RELEASED, APPLIED = {OWN: "resources: [r.yaml]\n"}, {OWN: "resources: [a.yaml]\n"}
LINES = _deployment("VALUE").splitlines()
LISTED = "".join(f"{'  ' if number else '- '}{line}\n" for number, line in enumerate(LINES))
COMPONENT = "kind: Component\nimages:\n- {name: shop/api, newTag: VALUE}\n"
OLD_PATCHES = RESOURCES + "patchesJson6902: [{path: p.yaml, target: {kind: Deployment, name: api}}]\n"
REFERENCES = {
    "resource": {OWN: "resources: [api.yaml]\n", "env/api.yaml": _deployment("VALUE")},
    "list": {OWN: "resources: [api.yaml]\n", "env/api.yaml": "kind: List\nitems:\n" + LISTED},
    "base": {OWN: RESOURCES, **BASE, "base/api.yaml": _deployment("VALUE")},
    "merge patch": {OWN: RESOURCES + "patches: [{path: p.yaml}]\n", **BASE, "env/p.yaml": _deployment("VALUE")},
    "old merge patch": {
        OWN: RESOURCES + "patchesStrategicMerge: [p.yaml]\n", **BASE, "env/p.yaml": _deployment("VALUE")
    },
    "inline merge patch": {OWN: RESOURCES + _inline(_deployment("VALUE")), **BASE},
    "JSON patch": {OWN: OLD_PATCHES, **BASE, "env/p.yaml": JSON_PATCH},
    "inline JSON patch": {OWN: RESOURCES + _inline(JSON_PATCH), **BASE},
    "Application": {
        **APPLIED, "env/a.yaml": APPLICATION + "    kustomize:\n      images:\n      - shop/log:v1\n      - VALUE\n"
    },
}  # fmt: skip
TEXT = (
    "    helm:\n      values: |\n        # v1\n        image:\n          repository: shop/api\n\n"
    "          tag: VALUE\n"
)
TRANSFORMER = "apiVersion: builtin\nkind: ImageTagTransformer\nmetadata: {name: t}\nimageTag:\n"
CHARTS = "helmCharts:\n- name: web\n  version: v0\n- name: api # v1\n  version: v0\n  repo: https://charts.example.com/shop/\n"
VALUES = "log: {image: 'shop/log:v1'}\nimage:\n  repository: shop/api # v1\n  tag: VALUE\n  pullPolicy: Always\n"
OF_CHARTS = {
    "values file": {OWN: CHARTS + "  valuesFile: v.yaml\n", "env/v.yaml": VALUES},
    "more values": {
        OWN: CHARTS + "  valuesFile: v.yaml\n  additionalValuesFiles: [a.yaml, w.yaml]\n",
        "env/v.yaml": VALUES.replace("VALUE\n", "v0\n"), "env/a.yaml": "x: {tag: v1}\n",
        "env/w.yaml": "image: {tag: VALUE}\n",
    },
    "inline values": {OWN: CHARTS + "  valuesInline:\n    " + VALUES.replace("\n", "\n    ").rstrip(" ")},
    "inline over a file": {
        OWN: CHARTS + "  valuesInline: {image: {tag: VALUE}}\n  valuesFile: v.yaml\n",
        "env/v.yaml": VALUES.replace("VALUE\n", "v0\n"),
    },
    "file over inline": {
        OWN: CHARTS + "  valuesMerge: merge\n  valuesInline: {image: {tag: v0}}\n  valuesFile: v.yaml\n",
        "env/v.yaml": VALUES,
    },
}  # fmt: skip
ADDRESS = "https://github.com/team/library.git//deploy/base?timeout=90s&ref=RAW&submodules=0"
OF_OTHERS = {
    "chart": Template({OWN: CHARTS.replace("api # v1\n  version: v0", "api\n  version: VALUE # v1")},
                      "charts.example.com/shop/api"),
    "remote base": Template({OWN: f"resources:\n- ../base\n- {ADDRESS} # v1\n"}, "github.com/team/library"),
    "branch of a remote base": Template({OWN: f"resources:\n- {ADDRESS.replace('RAW', 'release/RAW')}\n"},
                                        "github.com/team/library", folder="release/"),
    "quoted remote": Template({OWN: f"components: ['{ADDRESS}']\nresources: []\n"}, "github.com/team/library"),
    "remote base by SSH": Template({OWN: "bases:\n- git@git.example.com:a/b.git//x?ref=RAW\n"},
                                   "git.example.com/a/b"),
    "transformer": Template({OWN: RESOURCES + "transformers: [t.yaml]\n", **BASE,
                             "env/t.yaml": TRANSFORMER + "  name: shop/api\n  newTag: VALUE # v1\n"}),
    "inline transformer": Template({OWN: RESOURCES + "transformers:\n- |-\n  " + TRANSFORMER.replace("\n", "\n  ")
                                    + "  {newTag: VALUE, name: shop/api, newName: shop.example/api}\n", **BASE}),
}  # fmt: skip
TEMPLATES = {name: Template(files) for name, files in OF_CHARTS.items()} | OF_OTHERS
TEMPLATES |= {name: Template(files, reference="shop/api") for name, files in REFERENCES.items()} | {
    "component": Template({OWN: RESOURCES + "components: [c]\n", **BASE, "env/c/kustomization.yaml": COMPONENT}),
    "values": Template(
        RELEASED | {"env/r.yaml": RELEASE + "    image:\n      repository: shop/api\n      tag: VALUE # t\n"}
    ),
    "values of a patch": Template(
        {
            OWN: "resources: [r.yaml]\npatches: [{path: p.yaml}]\n",
            "env/r.yaml": RELEASE + "    image: {repository: shop/api, tag: v0}\n",
            "env/p.yaml": RELEASE + "    image: {tag: VALUE}\n",
        }
    ),
    "parameter": Template(
        APPLIED | {"env/a.yaml": APPLICATION + "    helm: {parameters: [{name: image.tag, value: VALUE}]}\n"}, "api"
    ),
    "values text": Template(APPLIED | {"env/a.yaml": APPLICATION + TEXT}),
    "declared": Template(
        {OWN: "resources: [settings.yaml]\n", "env/settings.yaml": "data:\n  OTHER: v1\n  SCHEMA: VALUE\n"},
        "schema",
        declared=DECLARED,
    ),
}


def found(files: Mapping[str, bytes], declared: tuple[Declared, ...] = ()) -> Versions:
    return versions.find(Sheets(files.get), ImagesFile.parse(files[OWN], OWN), "env", declared, whole=True)


def many(times: int) -> settings:
    """So many times the examples that the profile asks of other tests."""
    return settings(max_examples=times * settings().max_examples, suppress_health_check=list(HealthCheck))


def result(files: Mapping[str, bytes], template: Template, wanted: Mapping[str, Version]) -> dict[str, bytes]:
    """The files with the edits, or an EditRefused."""
    before = found(files, template.declared)
    return dict(files) | before.with_versions(wanted).changes(before)


@many(12)
@given(
    st.sampled_from(sorted(TEMPLATES)),
    st.tuples(st.sampled_from(TAGS), st.sampled_from(TAGS)),
    st.tuples(*[st.sampled_from([None, DIGEST, OTHER])] * 2),
    st.tuples(st.sampled_from(["", "'", '"']), st.sampled_from(ENDS), st.sampled_from(HEADS), st.booleans()),
)
def test_an_edit_gives_exactly_the_expected_bytes(
    kind: str, tags: tuple[str, str], digests: tuple[str | None, str | None], form: tuple[str, str, str, bool]
) -> None:
    template, (quote, newline, head, ends) = TEMPLATES[kind], form
    has_digest = bool(template.reference)
    old, new = (Version(tag, digest if has_digest else None) for tag, digest in zip(tags, digests, strict=True))

    def files(version: Version) -> dict[str, bytes]:
        filled = template.filled(version, quote).items()
        texts = {path: head + data.decode() for path, data in filled}
        cut = {path: text if ends else text.rstrip("\n") for path, text in texts.items()}
        return {path: text.replace("\n", newline).encode() for path, text in cut.items()}

    before = found(files(old), template.declared)
    written = [replace(one, tag=f"{template.folder}{one.tag}") for one in (old, new)]
    assert [image.version for image in before.images if image.name == template.name] == [written[0]]
    if old.digest and not new.digest:
        with pytest.raises(EditRefused):
            result(files(old), template, {template.name: new})
        return
    # A tag that needs quotes gets them where there were none, and keeps them where it no longer needs them.
    given = '"' if not quote and not template.reference and old.tag in ("1.10", "20260101", "1e3", "017") else quote
    quote = given
    assert result(files(old), template, {template.name: written[1]}) == files(new)


@many(4)
@given(st.sampled_from(sorted(TEMPLATES)), st.data())
def test_damaged_files_are_edited_in_one_place_or_refused(kind: str, data: st.DataObject) -> None:
    template = TEMPLATES[kind]
    files = template.filled(Version("v1"), "")
    path = data.draw(st.sampled_from(sorted(files)))
    text = files[path].decode()
    cut = data.draw(st.integers(0, len(text)))
    noise = data.draw(st.sampled_from(NOISE))
    files[path] = (text[:cut] + noise + text[cut + data.draw(st.integers(0, 3)) :]).encode()
    try:
        after = result(files, template, {template.name: Version(f"{template.folder}v2")})
    except PromoteError:
        return
    for one, old in files.items():
        pairs = zip(old.decode().splitlines(), after[one].decode().splitlines(), strict=True)
        changed = [(was, now) for was, now in pairs if was != now]
        assert all("v2" in now and was.count(" ") == now.count(" ") for was, now in changed)


@many(4)
@given(
    st.sampled_from(
        ["", "images: []\n", "images:\n- name: a\n  newTag: v1  # c\n\n# end\n", "images: [{name: a}]\n",
         "images:\n    - {name: a, newTag: v1}\n", "images:\n"]
    ),
    st.sampled_from(["", "resources: [x]\n", "x: |\n  y\n\n"]), st.sampled_from(["", "namespace: n\n# z\n"]),
    st.sampled_from(TAGS), st.sampled_from(ENDS), st.booleans(),
)  # fmt: skip
def test_an_item_is_inserted_and_no_other_byte_changes(
    images: str, before: str, after: str, tag: str, newline: str, ends: bool
) -> None:
    text = "kind: Kustomization\n" + before + images + after
    data = (text if ends else text.rstrip("\n")).replace("\n", newline).encode()
    file, new = ImagesFile.parse(data, OWN), Image("shop/api", "shop/api", Version(tag))
    if before.endswith("y\n\n") and not images + after and not ends:
        with pytest.raises(EditRefused):  # a line after it would become a part of the text
            inserted(file, [new])
        return
    result = inserted(file, [new])
    assert ImagesFile.parse(result, OWN).images == (*file.images, new)
    start = next((at for at, (old, now) in enumerate(zip(data, result, strict=False)) if old != now), len(data))
    assert result.startswith(data[:start])
    # Of several ways to see what was inserted, one leaves all else as it was.
    length = len(result) - len(data)
    assert any(result[:at] + result[at + length :] == data for at in range(start + 1))


def test_folders_that_build_on_one_another_without_end_are_left_at_a_limit() -> None:
    chain = {
        f"d{n}/kustomization.yaml": f"resources: [../d{n + 1}, ../d{n + 1}/, ../d0]\n".encode() for n in range(500)
    }
    sheets = Sheets(chain.get)
    assert len(written.slots(sheets, "d0")[1]) < len(chain)
    assert reads.reads(sheets, "d0") == chain.keys()
