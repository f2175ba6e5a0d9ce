"""The example of policies/README.md works as it stands, and its test tests."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.policies.evaluation import POLICIES, ROOT, Document, evaluate, good, tool

RULE = "services.external_name"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A copy of the policies with the files of the README written into it."""
    shutil.copytree(POLICIES, tmp_path / "policies")
    blocks = re.findall(r"^```\w+ (\S+)\n(.*?)^```$", (POLICIES / "README.md").read_text(), re.M | re.S)
    assert len(blocks) == 2
    for name, text in blocks:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return tmp_path


def _external_name() -> list[Document]:
    target = good()
    next(document for document in target if document["kind"] == "Service")["spec"]["type"] = "ExternalName"
    return target


def test_example_denies(repository: Path) -> None:
    report = evaluate(_external_name(), repository, policies=repository / "policies")
    assert report.denied() == {RULE}
    assert RULE in report.rules


@pytest.mark.slow
def test_example_is_clean(repository: Path) -> None:
    topic = repository / "policies" / "services"
    assert tool("opa", "fmt", "--list", topic).text == ""
    shutil.copytree(ROOT / ".regal", repository / ".regal")
    lint = tool("regal", "lint", "--no-color", "main.rego", "evaluation.rego", "lib", "services", cwd=topic.parent)
    assert lint.code == 0, lint.text


@pytest.mark.slow
def test_example_test_fails_when_the_rule_is_broken(repository: Path) -> None:
    only = ["test", "--run", RULE.replace(".", r"\."), "policies"]
    assert tool("opa", *only, cwd=repository).text.startswith("PASS: 2/2")
    rule = repository / "policies" / "services" / "external_name.rego"
    rule.write_text(rule.read_text().replace('== "ExternalName"', '== "ClusterIP"'))
    failed = tool("opa", *only, cwd=repository).text
    assert "test_denies_aliases: FAIL" in failed
    assert re.search(r"missing:\s+Service/cart: .*\s+unexpected: nothing", failed), failed
