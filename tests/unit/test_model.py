from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.errors import UsageError
from promote.model import Change, GateResult, Image, Plan, Version, check_digest, check_ref, check_tag

SHA256, SHA512 = "sha256:" + "0a" * 32, "sha512:" + "f" * 128
tags = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}", fullmatch=True)
digests = st.from_regex(r"sha256:[0-9a-f]{64}", fullmatch=True)
versions = st.one_of(
    st.builds(Version, tags), st.builds(Version, st.none(), digests), st.builds(Version, tags, digests)
)


@pytest.mark.parametrize("tag", ["1", "v1.2.3", "_", "a" * 128, "1.0.0-rc.1", "A_B-c.d"])
def test_tag(tag: str) -> None:
    assert check_tag(tag) == tag


@pytest.mark.parametrize("tag", ["", "-1", ".1", "a" * 129, "a b", "a/b", "a:b", "a@b", "é", "1\n", "${TAG}"])
def test_no_tag(tag: str) -> None:
    with pytest.raises(UsageError, match=re.escape(f"'{tag}' is not a valid image tag")):
        check_tag(tag)


@pytest.mark.parametrize("ref", ["main", "v1.2.3", "release/1.0", "app/v1.2.3", "a" * 40])
def test_ref(ref: str) -> None:
    assert check_ref(ref) == ref


@pytest.mark.parametrize(
    "ref", ["", "/a", "a/", "a//b", "-a/b", "a/-b", "a/.b", "a..b", "a/b.lock", "a b", "a/b?", "a" * 201]
)
def test_no_ref(ref: str) -> None:
    with pytest.raises(UsageError, match="is not a valid image tag, and not a branch or tag of Git"):
        check_ref(ref)


@pytest.mark.parametrize("digest", [SHA256, SHA512])
def test_digest(digest: str) -> None:
    assert check_digest(digest) == digest


@pytest.mark.parametrize("digest", ["", "sha256:", SHA256[:-1], SHA256 + "0", SHA256.upper(), "md5:0", SHA256 + "\n"])
def test_no_digest(digest: str) -> None:
    with pytest.raises(UsageError, match=r"is not a valid image digest.*64"):
        check_digest(digest)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("1.0", Version("1.0")),
        ("release/1.0", Version("release/1.0")),
        (f"1.0@{SHA256}", Version("1.0", SHA256)),
        (f"@{SHA256}", Version(None, SHA256)),
        (SHA256, Version(None, SHA256)),
    ],
)
def test_parse(text: str, version: Version) -> None:
    assert Version.parse(text) == version


@pytest.mark.parametrize(
    "text", ["", "@", "1.0@", f"{SHA256}@{SHA256}", f"a b@{SHA256}", "1.0@sha256:1", "a//b", "a/b c"]
)
def test_parse_refuses(text: str) -> None:
    with pytest.raises(UsageError, match=r"image (version|tag|digest)"):
        Version.parse(text)


@given(versions)
def test_what_is_shown_can_be_read(version: Version) -> None:
    assert Version.parse(str(version)) == version


@given(versions)
def test_reference_holds_all_of_the_version(version: Version) -> None:
    image = Image("shop/web", "registry.example:5000/shop/web", version)
    rest = image.reference.removeprefix("registry.example:5000/shop/web")
    assert rest == (f":{version.tag}" if version.tag else "") + (f"@{version.digest}" if version.digest else "")


@pytest.mark.parametrize(("name", "short"), [("web", "web"), ("shop/web", "web"), ("a.b:5000/shop/web", "web")])
def test_short_name(name: str, short: str) -> None:
    assert Image(name, name, Version("1")).short_name == short


def test_blocked_gates() -> None:
    shut, open_ = GateResult("hold", "web", False, "held"), GateResult("soak", "web", True, "1 h")
    assert Plan("a", "b", (Change("web", "web", Version("1"), Version("2")),), (open_, shut)).blocked == (shut,)
