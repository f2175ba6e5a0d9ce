from __future__ import annotations

import pytest
from yaml.nodes import ScalarNode

from promote.errors import EditRefused
from promote.fix import block_scalars, edits
from promote.fix.edits import ValueChange
from promote.kustomize import documents
from promote.yamltext import places, reader

TEXT = """\
patches:
  # why
  - patch: |-
      kind: Pod
      spec:
        a: 1  # one

        b: {c: 2}
    target: {kind: Pod}
  - path: other.yaml
"""


def changed(text: str, wanted: ValueChange) -> str:
    """The file after an edit of its first patch."""
    (root,) = documents.nodes(text)
    inline = places.field(places.items(root, "patches")[0], "patch")
    assert isinstance(inline, ScalarNode)
    (body,) = documents.nodes(inline.value)
    content = reader.value(body)
    inner = edits.edit(block_scalars.text_of(inline), body, content, wanted)
    return block_scalars.outward(text, inline, inner).applied(text)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("header", ["|-", "|", "|+", "|-  # applied last"])
@pytest.mark.parametrize(
    ("wanted", "old", "new"),
    [
        (ValueChange(("spec", "a"), 3), "a: 1  # one", "a: 3  # one"),
        (ValueChange(("spec", "b", "d"), 3), "{c: 2}", "{c: 2, d: 3}"),
        (ValueChange(("spec", "d"), 3), "{c: 2}\n", "{c: 2}\n        d: 3\n"),
        (ValueChange(("z",), 3), "{c: 2}\n", "{c: 2}\n      z: 3\n"),
        (ValueChange(("spec", "a"), None, remove=True), "        a: 1  # one\n", ""),
        (ValueChange(("spec", "b"), None, remove=True), "        b: {c: 2}\n", ""),
    ],
)
def test_a_patch_within_a_kustomization(wanted: ValueChange, old: str, new: str, header: str, newline: str) -> None:
    text = TEXT.replace("|-", header).replace("\n", newline)
    assert changed(text, wanted) == TEXT.replace(old, new).replace("|-", header).replace("\n", newline)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("|-", "&a |-", "an anchor, a tag or an indentation"),
        ("|-", "|2-", "an anchor, a tag or an indentation"),
        ("- path: other.yaml\n", TEXT[TEXT.index("- patch") : TEXT.index("    target")], "not have the intended"),
    ],
)  # fmt: skip
def test_what_is_refused(old: str, new: str, reason: str) -> None:
    with pytest.raises(EditRefused, match=reason):
        changed(TEXT.replace(old, new), ValueChange(("spec", "a"), 3))


def test_a_patch_in_quotes_is_refused() -> None:
    with pytest.raises(EditRefused, match="not a block scalar"):
        changed('patches: [patch: "kind: Pod\\nspec: {a: 1}\\n"]\n', ValueChange(("spec", "a"), 3))
