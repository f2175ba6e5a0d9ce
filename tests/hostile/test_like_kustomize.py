"""What kustomize itself takes for an address or a repository, promote takes for one, too."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from promote.kustomize import references
from promote.system import tools

pytestmark = pytest.mark.quick

PARTS = (
    "git::", "GIT::", "git@", "a-1@", "a.b@", "ssh://", "SSH://", "http://", "HTTPS:", "https://", "file://", "s3://",
    "github.com", "g\u0130thub.com", "GitHub.com", "gh:", "x", "..", ".", "/", "//", ":", "?ref=", "?version=", "?x=",
    "&ref=v", "_git/", ".git", "host", "127.0.0.1:1", "@", "%2f", " ", "\t", "=",
)  # fmt: skip
LOCAL = [
    "base",
    "../base",
    "./a:b.yaml",
    "system:node.yaml",
    "a@b",
    "web@2x.yaml",
    "x/github.com/y",
    "a=b.txt",
    "a?b",
]


def asks(text: str) -> bool:
    """Whether kustomize starts Git, or opens a connection, for a resource of this name; nobody would answer."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "bin").mkdir()
        (folder / "bin/git").write_text(f"#!/bin/sh\necho asked >> {folder}/asked\nexit 1\n")
        (folder / "bin/git").chmod(0o755)
        (folder / "kustomization.yaml").write_text(json.dumps({"resources": [text]}))
        done = subprocess.run(
            [*tools._without_network(), tools.find("kustomize"), "build", folder],
            env={"PATH": str(folder / "bin")}, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        return (folder / "asked").exists() or 'Get "' in done.stderr


@pytest.mark.skipif(not tools._without_network(), reason="kustomize would ask real servers")
@pytest.mark.thorough
@given(st.lists(st.sampled_from(PARTS), min_size=1, max_size=6).map("".join))
@example("git@host:org/repo")
@example("g\u0130thub.com/org/repo")
@example("https:host")
def test_whatever_kustomize_asks_for_is_remote(text: str) -> None:
    assert references.is_remote(text) or not asks(text)


@pytest.mark.parametrize("text", LOCAL)
def test_names_of_files_are_not_remote(text: str) -> None:
    assert not references.is_remote(text)
    assert not references.is_remote(text.rpartition("=")[2])


def test_an_inline_plugin_is_one_document_whatever_it_says(tmp_path: Path) -> None:
    """Only generators name a file after an equals sign: here, what comes after it is no YAML."""
    plugin = "{apiVersion: builtin, kind: AnnotationsTransformer, metadata: {name: a}, annotations: {a: b=c}}"
    (tmp_path / "kustomization.yaml").write_text(json.dumps({"transformers": [plugin]}))
    with references.local(tmp_path) as found:
        assert found.folder == tmp_path
