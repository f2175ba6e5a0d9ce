"""Which texts say no version: tags that move, and placeholders."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.changes import unsettled
from promote.model import Version

DIGEST = "sha256:" + "0123" * 16


@pytest.mark.parametrize(
    "tag",
    [
        "latest",
        "main",
        "Master",
        "develop",
        "dev",
        "nightly",
        "stable-alpine",
        "main-latest",
        "edge",
        "staging",
        "prod",
    ],
)
def test_a_branch_a_channel_and_a_stage_move(tag: str) -> None:
    assert unsettled.is_moving(Version(tag))
    assert not unsettled.is_moving(Version(tag, DIGEST))


@pytest.mark.parametrize(
    "tag", ["1.4", "v2", "main-1a2b3c4", "develop-20260131", "alpine", "blue", "bookworm", "dev2"]
)
def test_what_says_a_number_or_no_known_word_is_a_version(tag: str) -> None:
    assert not unsettled.is_moving(Version(tag))
    assert not unsettled.is_placeholder(Version(tag))


@pytest.mark.parametrize(
    "tag", ["$(TAG)", "${VERSION}", "<<inputs.version>>", "{{tag}}", "placeholder", "REPLACE_ME", "IMAGE_TAG", "tag"]
)
def test_what_is_to_be_filled_in_is_a_placeholder(tag: str) -> None:
    assert unsettled.is_placeholder(Version(tag))


@given(st.from_regex(r"\Av?[0-9]{1,3}(\.[0-9]{1,3}){0,2}(-[a-z]{2,9})?\Z|\A[0-9][0-9a-f]{6,39}\Z"))
def test_a_number_or_a_commit_is_always_a_version(tag: str) -> None:
    version = Version(tag)
    assert not unsettled.is_moving(version)
    assert not unsettled.is_placeholder(version)


def test_a_digest_alone_says_which_build_it_is() -> None:
    assert not unsettled.is_moving(Version(None, DIGEST))
    assert not unsettled.is_placeholder(Version(None, DIGEST))
