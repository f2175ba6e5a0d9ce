"""What promote asks for in one pass is what conftest finds by its own loops."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from promote.checks import conftest, findings
from promote.checks.conftest import Evaluation
from tests.policies.defects import DEFECTS, InTarget
from tests.policies.evaluation import POLICIES, SHOP, Document, good, rule_files, tool


def _judged(documents: list[Document], into: Path, *, once: bool) -> tuple[Evaluation, list[int]]:
    """The verdict, and how much each of the two packages found by itself."""
    rendered, target = into / "rendered.yaml", into / "target.json"
    rendered.write_text("\n---\n".join(json.dumps(document) for document in documents))
    target.write_text(json.dumps({"target": {"once": once}}))
    loaded = [argument for path in rule_files(POLICIES) for argument in ("-p", path)]
    options = ["--combine", *loaded, "-d", SHOP, "-d", target, "-n", "main", "-n", "evaluation", "-o", "json"]
    answers = json.loads(tool("conftest", "test", rendered, *options, "--no-color", cwd=into).stdout)
    counts = [len(each.get("failures", ())) + len(each.get("warnings", ())) for each in answers]
    return conftest.from_conftest(answers, "t"), counts


@pytest.mark.thorough
def test_one_pass_finds_the_same(tmp_path: Path) -> None:
    target = good()
    for rule, defect in DEFECTS.items():
        if not isinstance(defect, InTarget):
            target += defect.workloads(rule)
    del next(document for document in target if document["kind"] == "Service")["metadata"]["namespace"]
    (once, told), (looped, found) = (_judged(target, tmp_path, once=one) for one in (True, False))
    assert findings.in_order(once.findings) == findings.in_order(looped.findings)
    assert (once.documents, once.rules, once.subjects) == (looped.documents, looped.rules, looped.subjects)
    assert {finding.level for finding in once.findings} == {"deny", "warn"}
    assert (sum(told), len(once.findings) > 100, sum(found)) == (1, True, len(looped.findings) + 1)
