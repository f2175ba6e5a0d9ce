from __future__ import annotations

import base64
import json
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.errors import ConfigError, NetworkError, ToolError, UsageError
from promote.oci import address, challenge
from promote.oci.address import Repository
from promote.oci.challenge import Challenge
from promote.oci.credentials import DockerConfig
from promote.system import public_network
from promote.versions.fields import split

SEGMENT = st.from_regex(r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*", fullmatch=True).filter(lambda text: len(text) < 20)
PATH = st.lists(SEGMENT, min_size=1, max_size=4).map("/".join)
LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
PORT = st.integers(1, 65_535).map(lambda number: f":{number}")
HOST = st.one_of(
    st.builds(
        lambda labels, port: ".".join(labels) + port, st.lists(LABEL, min_size=2, max_size=3), PORT | st.just("")
    ),
    st.builds(lambda label, port: label + port, LABEL, PORT),
    st.builds(lambda port: f"localhost{port}", PORT | st.just("")),
).filter(lambda host: not host.endswith("docker.io"))
TAG = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,20}", fullmatch=True)
DIGEST = st.text(string.hexdigits.lower()[:16], min_size=64, max_size=64).map(lambda text: f"sha256:{text}")


@given(HOST, PATH, st.none() | TAG, st.none() | DIGEST)
def test_every_part_of_a_reference_is_found(host: str, path: str, tag: str | None, digest: str | None) -> None:
    text = f"{host}/{path}" + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")
    name, version = split(text)
    assert (version.tag, version.digest) == (tag, digest)
    assert address.parse(name) == Repository(host, path)


@given(PATH)
def test_a_name_without_a_host_is_of_docker_hub(path: str) -> None:
    first, slash, _ = path.partition("/")
    if slash and ("." in first or first == "localhost"):
        return
    expected = Repository("docker.io", path if slash else f"library/{path}")
    assert address.parse(path) == expected
    assert {address.parse(f"{host}/{path}") for host in ("docker.io", "index.docker.io", "registry-1.docker.io")} == {
        expected
    }


@given(st.text(max_size=60))
def test_any_text_is_a_repository_or_refused(text: str) -> None:
    try:
        found = address.parse(text)
    except UsageError:
        return
    assert address.parse(found.name) == found
    assert not set(found.name) & set("@ ?#%\\\n\r\t")
    assert ".." not in found.path


INVALID = [
    "", "/", "a//b", "a/", "A/b/C", "x@y", "user:pw@host/x", "host:0/x", "host:70000/x", "../x", "a:b/c", "http://x/y",
    "x?y", "x/../y", "${IMAGE}",
]  # fmt: skip


@pytest.mark.parametrize("text", INVALID)
def test_what_is_not_a_name(text: str) -> None:
    with pytest.raises(UsageError, match="is not a valid image name"):
        address.parse(text)


@pytest.mark.parametrize("host", ["localhost", "localhost:5000", "127.0.0.1:80", "127.8.9.1", "[::1]:5000"])
def test_this_machine(host: str) -> None:
    assert address.is_loopback(host)


@pytest.mark.parametrize(
    "host", ["localhost.example.com", "127.0.0.1.example.com", "10.0.0.1", "[::2]", "example.com:127"]
)
def test_another_machine(host: str) -> None:
    assert not address.is_loopback(host)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (
            'Bearer realm="https://a/t",service="s",scope="repository:x:pull,push"',
            Challenge("bearer", "https://a/t", "s"),
        ),
        ('Basic realm="x, Bearer y", Bearer realm="https://a/t"', Challenge("bearer", "https://a/t")),
        ('bearer service=s , realm="https://a/\\"t"', Challenge("bearer", 'https://a/\\"t', "s")),
        ("BASIC", Challenge("basic")),
        ("Negotiate", None),
        ("", None),
    ],
)
def test_a_challenge(header: str, expected: Challenge | None) -> None:
    assert challenge.parse(header) == expected


@given(st.text(max_size=200))
def test_any_header_is_a_challenge_or_none(header: str) -> None:
    found = challenge.parse(header)
    assert found is None or found.scheme in ("basic", "bearer")


@pytest.mark.parametrize("text", ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"])
def test_an_address_on_the_internet(text: str) -> None:
    public_network.insist("example.com", 443, (), [text])


PRIVATE = [
    "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "127.0.0.1", "::1", "fd00::1", "::ffff:10.0.0.1",
    "64:ff9b::a00:1", "2002:a00:1::1", "::ffff:0:a00:1", "198.18.0.1",
]  # fmt: skip
LINK = ["169.254.169.254", "fe80::1%eth0", "0.0.0.0", "::", "224.0.0.1", "ff02::1", "::ffff:169.254.169.254"]  # noqa: S104


@pytest.mark.parametrize("text", [*PRIVATE, *LINK])
def test_an_address_elsewhere_is_refused_also_among_others(text: str) -> None:
    with pytest.raises(NetworkError, match="nothing was sent there"):
        public_network.insist("example.com", 443, {("example.com", 80), ("other", 443)}, ["8.8.8.8", text])


def test_a_private_address_is_allowed_by_name_and_one_of_the_link_never() -> None:
    for text in PRIVATE:
        public_network.insist("Example.com", 443, {("example.com", 443)}, [text])
    for text in LINK:
        with pytest.raises(NetworkError, match="which is never asked"):
            public_network.insist("example.com", 443, {("example.com", 443)}, [text])


def docker(folder: Path, content: object) -> DockerConfig:
    (folder / "config.json").write_text(content if isinstance(content, str) else json.dumps(content))
    return DockerConfig(folder / "config.json")


AUTH = {"auth": base64.b64encode(b"me:pass:word\0").decode()}


@pytest.mark.parametrize(
    ("key", "host"),
    [
        ("ghcr.io", "ghcr.io"),
        ("https://ghcr.io/v2/", "ghcr.io"),
        ("https://index.docker.io/v1/", "docker.io"),
        ("registry.example.com:5000", "registry.example.com:5000"),
    ],
)
def test_a_credential_is_of_its_host_alone(tmp_path: Path, key: str, host: str) -> None:
    config = docker(tmp_path, {"auths": {key: AUTH}})
    found = config.of(host)
    assert found is not None
    assert (found.kind, found.user, found.secret) == ("password", "me", "pass:word")
    assert "pass:word" not in repr(found)
    for other in (
        "docker.io",
        "ghcr.io",
        "ghcr.io:443",
        "evil.example",
        "ghcr.io.evil.example",
        "registry.example.com",
    ):
        assert other == host or config.of(other) is None


def test_tokens_and_plain_entries(tmp_path: Path) -> None:
    entries = {
        "a.example": {"identitytoken": "r"},
        "b.example": {"registrytoken": "t"},
        "c.example": {"username": "u", "password": "p"},
        "d.example": {},
    }
    config = docker(tmp_path, {"auths": entries})
    found = [config.of(host) for host in entries]
    assert [(one.kind, one.secret) for one in found if one] == [("refresh", "r"), ("token", "t"), ("password", "p")]


@pytest.mark.parametrize("content", ["[]", "{", '{"auths": [1]}', '{"auths": {"x.example": {"auth": "%%%"}}}'])
def test_a_file_that_is_not_docker_s(tmp_path: Path, content: str) -> None:
    with pytest.raises(ConfigError, match=r"config\.json.*log in again"):
        docker(tmp_path, content).of("x.example")


def test_no_file_is_no_credential(tmp_path: Path) -> None:
    assert DockerConfig(tmp_path / "none.json").of("docker.io") is None


HELPER = """#!/bin/sh
read -r host
case $host in
  https://index.docker.io/v1/) echo '{"Username": "hub", "Secret": "one-secret"}' ;;
  token.example) echo '{"Username": "<token>", "Secret": "refresh"}' ;;
  broken.example) echo "one-secret"; exit 3 ;;
  odd.example) echo "one-secret" ;;
  *) echo "credentials not found in native keychain"; exit 1 ;;
esac
"""


@pytest.fixture
def helper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "docker-credential-safe").write_text(HELPER)
    (tmp_path / "docker-credential-safe").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path


def test_a_helper_of_one_host_and_of_all(helper: Path) -> None:
    every = docker(helper, {"credsStore": "safe", "auths": {"other.example": AUTH}})
    hosts = ("docker.io", "token.example", "other.example", "none.example")
    found = [every.of(host) for host in hosts]
    assert [one and (one.kind, one.secret) for one in found] == [
        ("password", "one-secret"),
        ("refresh", "refresh"),
        ("password", "pass:word"),
        None,
    ]
    one = docker(helper, {"credHelpers": {"token.example": "safe"}})
    assert [one.of(host) is not None for host in hosts] == [False, True, False, False]


@pytest.mark.parametrize("host", ["broken.example", "odd.example"])
def test_a_helper_that_fails_shows_no_secret(helper: Path, host: str) -> None:
    with pytest.raises(ToolError, match=f"docker-credential-safe .*{host}") as caught:
        docker(helper, {"credsStore": "safe"}).of(host)
    assert "one-secret" not in str(caught.value)


@pytest.mark.parametrize("name", ["../safe", "safe/../../x", "a b", "-x"])
def test_a_helper_has_a_name_and_no_path(helper: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="is not the name of a credential helper"):
        docker(helper, {"credsStore": name}).of("docker.io")


def test_a_helper_is_looked_for_in_absolute_folders(helper: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(helper)
    monkeypatch.setenv("PATH", ".:/usr/bin:/bin")
    with pytest.raises(ToolError, match=r"docker-credential-safe, which .* names for docker.io, is not on PATH"):
        docker(helper, {"credsStore": "safe"}).of("docker.io")
