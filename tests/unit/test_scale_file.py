"""scale.yaml and the line that lists it: added and taken away byte for byte."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from promote.errors import ConfigError, EditRefused
from promote.model import Identity
from promote.scaling import listing
from promote.scaling.overrides import Override, ScaleFile
from promote.scaling.services import Number

WEB = Number(Identity("autoscaling/v2", "HorizontalPodAutoscaler", "shop", "web"), "minReplicas", 2)
CART = Number(Identity("apps/v1", "Deployment", "shop", "cart"), "replicas", 1)
POD = Number(Identity("v1", "ReplicationController", "", "1"), "replicas", 1)
ENTRIES = {
    "resources": "resources: [../base]\n",
    "images": "images:\n- name: a  # why\n  newTag: '1'\n",
    "inline": "transformers:\n  - |-\n    kind: PrefixTransformer\n    prefix: x-\n",
    "block": "transformers:\n- a.yaml  # first\n- b.yaml\n",
    "flow": "transformers: [a.yaml, 'b.yaml']  # both\n",
    "patches": "patches:\n  - patch: |-\n      - {op: add, path: /a, value: 1}\n    target: {kind: Deployment}\n",
}
LISTS = {"inline", "block", "flow"}


@st.composite
def kustomizations(draw: st.DrawFn) -> bytes:
    """Kustomizations with at most one list of transformers, comments, and every end of lines and files."""
    plain = draw(st.lists(st.sampled_from(sorted(ENTRIES.keys() - LISTS)), unique=True, min_size=1))
    chosen = [*plain, *draw(st.lists(st.sampled_from(sorted(LISTS)), max_size=1))]
    parts = [ENTRIES[name] + draw(st.sampled_from(["", "\n", "# a remark\n", "\n# a remark\n\n"]))
             for name in draw(st.permutations(chosen))]  # fmt: skip
    text = draw(st.sampled_from(["", "# head\n", "---\n"])) + "".join(parts)
    text = text if draw(st.booleans()) else text.rstrip("\n")
    text = text.replace("\n", "\r\n") if draw(st.booleans()) else text
    return draw(st.sampled_from([b"", b"\xef\xbb\xbf"])) + text.encode()


def lines(data: bytes) -> list[bytes]:
    return data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").split(b"\n")


@given(kustomizations())
def test_the_line_comes_and_goes_without_a_trace(data: bytes) -> None:
    there = listing.listed(data, "k")
    transformers = yaml.safe_load(there)["transformers"]
    assert transformers[-1] == "scale.yaml"
    assert [one for one in lines(data) if one not in lines(there)] in (
        [],
        [b"transformers: [a.yaml, 'b.yaml']  # both"],
    )
    assert listing.listed(there, "k") == there
    assert listing.is_listed(there, "k")
    assert not listing.is_listed(data, "k")
    assert listing.unlisted(there, "k") == data
    assert listing.unlisted(data, "k") == data


@given(kustomizations(), st.sampled_from(["transformers:\n- scale.yaml\n", "transformers: ['./scale.yaml']\n"]))
def test_a_line_that_somebody_wrote_otherwise_goes_too(data: bytes, line: str) -> None:
    if b"transformers" in data or b"\r\n" in data:
        return
    mark = b"\xef\xbb\xbf" if data.startswith(b"\xef\xbb\xbf") else b""
    rest = data.removeprefix(mark)
    if not rest.startswith(b"---"):
        assert listing.unlisted(mark + line.encode() + rest, "k") == data


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("- a\n", "k:1: this is not a kustomization"),
        ("transformers: *all\n", "k:1: this is not a kustomization"),
        ("\xff", "k:1: this is not UTF-8"),
    ],
)
def test_what_cannot_be_read_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        listing.listed(text.encode("latin-1"), "k")


def test_an_edit_that_cannot_be_proved_is_refused() -> None:
    with pytest.raises(EditRefused, match=r"^k: no edit was found"):
        listing.listed(b"x: &all [a.yaml]\ntransformers: *all\n", "k")


def test_numbers_are_documents_in_the_order_in_which_they_came() -> None:
    one = ScaleFile("s").with_count(WEB, 5)
    two = one.with_count(CART, 3)
    assert two.text.startswith(one.text)
    assert two.overrides == (Override(WEB.owner, "minReplicas", 5), Override(CART.owner, "replicas", 3))
    assert two.with_count(WEB, 12).text == two.text.replace("minReplicas: 5", "minReplicas: 12")
    assert (two.of(WEB), two.of(POD)) == (two.overrides[0], None)
    assert two.without(two.overrides[1]) == one
    assert two.without(two.overrides[0]).overrides == two.overrides[1:]
    assert two.without(two.overrides[0]).text.startswith("# Written by `promote scale`")
    assert one.without(one.overrides[0]).data is None


def test_remarks_stay_and_names_like_numbers_are_texts() -> None:
    text = (
        ScaleFile("s")
        .with_count(POD, 2)
        .with_count(WEB, 3)
        .text.replace("replicas: 2\n", "replicas: 2  # for the sale\n")
    )
    file = ScaleFile.parse(text.encode(), "s")
    assert [one.owner.name for one in file.overrides] == ["1", "web"]
    assert file.with_count(POD, 7).text == text.replace("replicas: 2", "replicas: 7")


@pytest.mark.parametrize(
    ("data", "problem"), [(b"replica: {", "s:1: this is not YAML"), (b"# a\n\xff\n", "s:2: this is not UTF-8")]
)
def test_a_file_that_cannot_be_read_is_not_an_empty_one(data: bytes, problem: str) -> None:
    with pytest.raises(ConfigError, match=f"^{problem}"):
        ScaleFile.parse(data, "s")


def test_a_byte_order_mark_changes_no_number() -> None:
    file = ScaleFile("s").with_count(WEB, 5)
    assert ScaleFile.parse(b"\xef\xbb\xbf" + (file.data or b""), "s") == file


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\n",
        "- 1\n",
        "kind: PatchTransformer\npath: a.yaml\n",
        "kind: PatchTransformer\ntarget: {kind: Deployment}\npatch: '{metadata: {name: web}, spec: {replicas: 1}}'\n",
        "kind: PatchTransformer\npatch: '{metadata: {name: web}, spec: {replicas: many}}'\n",
        "kind: PatchTransformer\npatch: '{metadata: {name: web}, spec: {replicas: 1, paused: true}}'\n",
        "kind: PatchTransformer\npatch: '{spec: {replicas: 1}}'\n",
    ],
)
def test_what_promote_does_not_write_is_refused(text: str) -> None:
    first = ScaleFile("s").with_count(WEB, 5).text
    with pytest.raises(ConfigError, match=r"^s:16: `promote scale` keeps its numbers in this file"):
        ScaleFile.parse(f"{first}---\n{text}".encode(), "s")
