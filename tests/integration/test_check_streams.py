"""However a stream of documents is spelled: as many are counted, validated and evaluated as another parser reads."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from promote.errors import RenderError
from promote.kustomize import documents
from tests.integration.checking import Repository

pytestmark = pytest.mark.quick

EXAMPLES = 300 if os.environ.get("HYPOTHESIS_PROFILE") == "thorough" else 60
NAMES = st.sampled_from(["a", "b-c", "cart", "web-1"])
WORDS = st.sampled_from(
    ["text", "---", "a: b", "#", "two\nlines", "* &x", "\u2028", "'\"", "", "...", "%YAML 1.2", "{{ x }}"]
)
MAPS = st.builds(
    lambda name, data: {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "shop"},
                        "data": data},
    NAMES,
    st.dictionaries(st.sampled_from(["k", "file.yaml", "z_1"]), WORDS, max_size=2),
)  # fmt: skip
LISTS = st.builds(lambda items: {"apiVersion": "v1", "kind": "List", "items": items}, st.lists(MAPS, max_size=3))
# What stands between documents: a comment, a blank, an end marker, an empty document, a directive.
SEPARATORS = st.sampled_from([
    "---\n", "--- # next\n", "---  \n", "---\t\n", "\n---\n\n", "...\n---\n", "---\n---\n", "---\n# none\n---\n",
    "---\nnull\n---\n", "---\n~\n---\n", "... # end\n%YAML 1.1\n---\n", "---\r\n",
])  # fmt: skip
ENDS = st.sampled_from(["", "\n", "---\n", "...\n", "---\n# the end", "\n\n"])
STARTS = st.sampled_from(["", "---\n", "# first\n", "\ufeff", "\n\n---\n", "%YAML 1.1\n---\n"])


def block(document: Any) -> str:
    out = StringIO()
    writer = YAML(typ="rt", pure=True)
    writer.width = 10_000
    writer.dump(document, out)
    return out.getvalue()


def aliased(document: Any) -> str:
    """The same with an anchor, an alias and a merge key."""
    metadata = document.get("metadata")
    if not metadata:
        return block(document)
    return block({key: value for key, value in document.items() if key != "metadata"}) + (
        f"x-base: &base {{name: {metadata['name']}}}\n"
        "metadata: {<<: *base, namespace: &space shop, labels: {s: *space}}\n"
    )


SPELLINGS = st.sampled_from([block, aliased, lambda document: json.dumps(document) + "\n",
                             lambda document: json.dumps(document, indent="\t") + "\n",
                             lambda document: block(document).replace("\n", "\r\n")])  # fmt: skip


@st.composite
def streams(draw: st.DrawFn) -> str:
    """Documents in several spellings, one after the other in one file."""
    text = draw(STARTS)
    for number, document in enumerate(draw(st.lists(st.one_of(MAPS, LISTS), max_size=4))):
        text += (draw(SEPARATORS) if number else "") + draw(SPELLINGS)(document)
    return text + draw(ENDS)


def reference(text: str) -> int | None:
    """How many objects another parser reads, lists taken apart; None where it reads none of it."""
    try:
        return sum(1 for content in YAML(typ="safe", pure=True).load_all(text) for _ in taken_apart(content))
    except YAMLError:
        return None


def taken_apart(content: Any) -> Iterator[Any]:
    if isinstance(content, dict) and content.get("kind") == "List":
        for item in content["items"]:
            yield from taken_apart(item)
    elif content is not None:
        yield content


def ours(text: str) -> int | None:
    try:
        return len(documents.canonical(text.removeprefix("\ufeff"), "x"))
    except RenderError:
        return None


@pytest.mark.slow
@settings(max_examples=EXAMPLES * 2, deadline=None, derandomize=True, phases=[Phase.generate, Phase.shrink])
@given(streams())
def test_no_document_of_a_stream_is_lost(text: str) -> None:
    counted, expected = ours(text), reference(text)
    # What either refuses is refused with an error, never half read.
    assert counted is None or expected is None or counted == expected


@pytest.mark.slow
def test_hardly_any_stream_is_refused() -> None:
    refused = [text for text in generated() if ours(text) is None]
    assert len(refused) < EXAMPLES / 10, refused[:3]
    assert sum(reference(text) is not None for text in generated()) > EXAMPLES / 2


@pytest.mark.slow
def test_the_programs_see_every_document_of_every_stream(tmp_path: Path) -> None:
    files = Repository.bare(tmp_path / "bare")
    texts = [text for text in generated() if ours(text) and reference(text)]
    for number, text in enumerate(texts):
        files.write(f"m/{number}.yaml", text.encode())
    (target,) = files.check("m", profile="baseline").json["targets"]
    expected = sum(reference(text) or 0 for text in texts)
    assert expected > EXAMPLES
    assert (target["documents"], target["validated"], target["evaluated"]) == (expected,) * 3


def generated() -> list[str]:
    """The same streams every time."""
    found: list[str] = []

    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(streams())
    def gather(text: str) -> None:
        found.append(text)

    gather()
    return found
