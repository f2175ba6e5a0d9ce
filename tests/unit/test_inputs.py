from __future__ import annotations

from pathlib import Path

import pytest

from promote.checks.inputs import Inputs

OVERLAY = """\
namespace: shop
images:
  - name: shop/api
    newTag: "1.0"{first}
{between}  - name: shop/web
    newTag: "2.0"
resources: [web.yaml]
"""


@pytest.mark.parametrize(
    ("first", "between"),
    [("", ""), ("  # the API", ""), ("", "# the web\n"), ("", "\n"), ("", "  # the web\n")],
    ids=["plain", "a comment after a tag", "a comment between", "an empty line", "an indented comment"],
)
def test_comments_among_images_leave_no_doubt(tmp_path: Path, first: str, between: str) -> None:
    file = tmp_path / "kustomization.yaml"
    (tmp_path / "web.yaml").write_text("{}\n")
    hashes = set()
    for text in (OVERLAY, OVERLAY.replace("2.0", "2.1")):
        file.write_text(text.format(first=first, between=between))
        hashes.add(Inputs(tmp_path).of(tmp_path))
    assert len(hashes) == 2
    assert None not in hashes
