"""Addresses of other repositories in kustomizations, in the forms that kustomize takes."""

from __future__ import annotations

import pytest

from promote.versions import refs

HASH = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("text", "repository", "version", "after"),
    [
        ("https://github.com/x/y//deploy?ref=v1.2.3", "github.com/x/y", "v1.2.3", ""),
        (
            "https://github.com/x/y.git//deploy/a?timeout=90s&ref=v1&submodules=0",
            "github.com/x/y",
            "v1",
            "&submodules=0",
        ),
        ("https://github.com/x/y/deploy/base?ref=main", "github.com/x/y", "main", ""),
        (f"github.com/x/y?ref={HASH}", "github.com/x/y", HASH, ""),
        ("git@github.com:x/y.git//deploy?ref=1.0", "github.com/x/y", "1.0", ""),
        ("git@github.com:x/y?version=1.0", "github.com/x/y", "1.0", ""),
        ("ssh://git@git.example.com:22/x/y//d?ref=v1", "git.example.com:22/x/y", "v1", ""),
        ("git::https://gitlab.com/g/sub/y.git//d?ref=v1", "gitlab.com/g/sub/y", "v1", ""),
        ("https://token@gitlab.com/g/y//d?version=v0&ref=v1", "gitlab.com/g/y", "v1", ""),
        ("https://dev.azure.com/o/p/_git/y/d?ref=v1", "dev.azure.com/o/p/_git/y", "v1", ""),
        ("https://gitlab.com/g/sub/y//d?ref=v1", "gitlab.com/g/sub/y", "v1", ""),
        ("https://github.com/x/y//deploy?ref=release/1.0", "github.com/x/y", "release/1.0", ""),
        ("git@github.com:x/y.git//a?ref=app/v1.2.3&timeout=9s", "github.com/x/y", "app/v1.2.3", "&timeout=9s"),
    ],
)
def test_the_version_in_an_address(text: str, repository: str, version: str, after: str) -> None:
    found = refs.parse(text)
    assert found is not None
    assert (found.repository, found.version, found.after) == (repository, version, after)
    assert found.before + found.version + found.after == text


@pytest.mark.parametrize(
    "text",
    [
        "../base?ref=v1",
        "base/y",
        "https://github.com/x/y//deploy",
        "https://github.com/x/y//deploy?ref=",
        "https://github.com/x/y//deploy?ref=release//1.0",
        "https://github.com/x/y//deploy?ref=/1.0",
        "https://github.com/x/y//deploy?ref=a/../b",
        "https://github.com/x/y//deploy?ref=a/b.lock",
        "https://github.com/x/y//deploy?ref=a/-b",
        "https://github.com/x/y//deploy?ref=a%2Fb",
        "https://github.com/x/y//deploy?ref=v1&ref=v2",
        "https://raw.githubusercontent.com/x/y/v1/deploy.yaml",
        "a b?ref=v1",
    ],
)
def test_what_has_no_version_that_could_be_moved(text: str) -> None:
    assert refs.parse(text) is None
