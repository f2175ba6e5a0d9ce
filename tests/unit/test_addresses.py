"""Which addresses `repository:` may have."""

from __future__ import annotations

import pytest
import yaml

from promote.errors import ConfigError
from promote.repository import addresses, config
from promote.repository.environments import Environment, place_of, sibling

GOOD = [
    "https://git.example.com/team/prod-config.git",
    "https://git.example.com:8443/team/sub/prod",
    "ssh://git@git.example.com:2222/team/prod.git",
    "ssh://git.example.com/~team/prod",
    "git@github.com:team/prod.git",
    "deploy_1@git.example.com:/srv/prod.git",
    "/srv/git/prod.git",
    "file:///srv/git/prod.git",
]
BAD = [
    "--upload-pack=touch /tmp/x",
    "-oProxyCommand=x@host:path",
    "ext::sh -c touch% /tmp/x",
    "ext::sh",
    "fd::17/foo",
    "http://git.example.com/team/prod",
    "git://git.example.com/team/prod",
    "ftp://git.example.com/team/prod",
    "git+ssh://git.example.com/team/prod",
    "ssh://-oProxyCommand=x/team/prod",
    "ssh://git@-oProxyCommand=x/team/prod",
    "git@-oProxyCommand=x:team/prod",
    "git@host:-x/prod",
    "https://git.example.com/-x",
    "https://git.example.com",
    "https://git.example.com/a/../b",
    "https://git.example.com/a?b=c",
    "https://git.example.com/a#b",
    "https://git.example.com/a b",
    "https://git.example.com/a\nb",
    "https://git.example.com/a%2e%2e",
    "file://server/share",
    "file://../x",
    "../prod",
    "prod",
    "/srv/../etc",
    "C:/prod",
    "\\\\server\\share",
    "https://git.éxample.com/a",
    "",
]


@pytest.mark.parametrize("address", GOOD)
def test_an_address_of_git_is_allowed(address: str) -> None:
    assert addresses.problem(address) == ""
    assert addresses.is_local(address) is ("/srv/git" in address)
    found = _read(address)
    assert (found.repository, found.branch, found.own_path) == (address, "main", "p")
    assert found.place.startswith("refs/repositories/prod")
    assert sibling(found.place, "x/y") == place_of(address, "x/y")


@pytest.mark.parametrize("address", BAD)
def test_what_could_be_an_option_a_program_or_another_protocol_is_refused(address: str) -> None:
    assert addresses.problem(address)
    with pytest.raises(ConfigError, match=r"^promote.yaml:\d+: .*repository"):
        _read(address)


@pytest.mark.parametrize("user", ["me:s3cret", "s3cret", "s3cret:x-oauth-basic"])
def test_a_credential_is_refused_and_not_shown(user: str) -> None:
    with pytest.raises(ConfigError, match="it may hold no credential") as refused:
        _read(f"https://{user}@git.example.com/team/prod")
    assert "s3cret" not in str(refused.value)


def test_no_two_addresses_have_one_place() -> None:
    places = [place_of(address, "main") for address in GOOD]
    assert len(set(places)) == len(GOOD)
    assert not any(one.startswith(f"{other}/") for one in places for other in places)


def _read(address: str) -> Environment:
    content = {"environments": {"a": {"path": "p", "repository": address}}}
    return config.parse(yaml.safe_dump(content).encode()).environments["a"]
