"""`promote pin`, `bump --resolve` and `--newest` with Debian's registry 2.8: a mirror, passwords, tokens and TLS."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from promote.errors import NetworkError
from promote.model import Version
from promote.oci.address import Access
from promote.oci.client import Registries
from promote.oci.credentials import DockerConfig
from tests.integration import sandbox
from tests.integration.sandbox import Sandbox
from tests.servers.registry import HTPASSWD, PASSWORD, USER, Registry, basic, certificate, registry, tokens
from tests.servers.servers import needs

pytestmark = needs("docker-registry", "openssl")
OWN = Access(private=True)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with registry(tmp_path_factory.mktemp("registry")) as running:
        yield running


def ask(hosts: Mapping[str, Access], docker: Path, name: str, tag: str = "1.2.0") -> str:
    asking = Registries(hosts, DockerConfig(docker), sleep=lambda _: None)
    return asking.pinned(name, Version(tag)).digest or ""


@pytest.fixture
def nobody(tmp_path: Path) -> Path:
    """A config.json that is not there."""
    return tmp_path / "nobody/config.json"


@pytest.fixture
def logged_in(tmp_path: Path) -> Callable[[object], Path]:
    """A config.json of Docker with this content."""

    def write(content: object) -> Path:
        (tmp_path / "config.json").write_text(json.dumps(content), encoding="utf-8")
        return tmp_path / "config.json"

    return write


def test_several_architectures_have_one_digest_and_it_is_of_the_index(plain: Registry, nobody: Path) -> None:
    index, images = plain.push_index("shop/many", "1.2.0")
    here = {plain.host: OWN}
    assert ask(here, nobody, f"{plain.host}/shop/many") == index
    assert ask(here, nobody, f"{plain.host}/shop/many", "1.2.0-arm64") == images[1]


def test_a_mirror_is_asked_instead(plain: Registry, nobody: Path) -> None:
    digest = plain.push("hub/library/redis", "8")
    hosts = {"docker.io": Access(mirror=f"{plain.host}/hub"), plain.host: OWN}
    assert ask(hosts, nobody, "redis", "8") == digest


def test_what_is_not_there_is_said(plain: Registry, nobody: Path) -> None:
    for name in ("shop/many", "shop/none"):
        with pytest.raises(NetworkError, match=f"has no {plain.host}/{name}:0.9: correct the tag"):
            ask({plain.host: OWN}, nobody, f"{plain.host}/{name}", "0.9")


def test_a_password(tmp_path: Path, logged_in: Callable[[object], Path]) -> None:
    (tmp_path / "htpasswd").write_text(HTPASSWD, encoding="utf-8")
    settings = {"auth": {"htpasswd": {"realm": "shop", "path": str(tmp_path / "htpasswd")}}}
    with registry(tmp_path / "registry", settings) as running:
        running.authorization = f"Basic {basic(USER, PASSWORD)}"
        digest = running.push("shop/web", "1.2.0")
        name, here = f"{running.host}/shop/web", {running.host: OWN}
        right = {"auths": {f"http://{running.host}/v1/": {"auth": basic(USER, PASSWORD)}}}
        assert ask(here, logged_in(right), name) == digest
        with pytest.raises(NetworkError, match=r"without a login \(401\): log in with `docker login 127"):
            ask(here, logged_in({"auths": {"ghcr.io": {"auth": basic(USER, PASSWORD)}}}), name)
        with pytest.raises(NetworkError, match=r"with the credential of .*config.json \(401\)") as caught:
            ask(here, logged_in({"auths": {running.host: {"auth": basic(USER, "wrong-password")}}}), name)
        assert "wrong" not in str(caught.value)


def test_a_token_for_nobody_for_a_password_and_for_a_refresh_token(
    tmp_path: Path, nobody: Path, logged_in: Callable[[object], Path]
) -> None:
    with tokens(tmp_path / "keys") as issuing, registry(tmp_path / "registry", issuing.settings()) as running:
        running.authorization = f"Bearer {issuing.signed('repository:shop/web:pull,push')}"
        digest = running.push("shop/web", "1.2.0")
        issuer = issuing.realm.split("/")[2]
        name, hosts = f"{running.host}/shop/web", {running.host: OWN, issuer: OWN}
        entries = [{}, {"auth": basic(USER, PASSWORD)}, {"identitytoken": issuing.refresh}]
        for entry in entries:
            assert ask(hosts, logged_in({"auths": {running.host: entry}}), name) == digest
        scope = "repository:shop/web:pull"
        assert issuing.asked == [("", scope, ""), (USER, scope, ""), ("", scope, "refresh_token")]
        with pytest.raises(NetworkError, match=r"127.*credential of .*config.json \(401\)") as caught:
            ask(hosts, logged_in({"auths": {running.host: {"identitytoken": "outdated"}}}), name)
        assert "outdated" not in str(caught.value)
        with pytest.raises(NetworkError, match="not on the internet: nothing was sent there"):
            ask({running.host: OWN}, nobody, name)


def test_tls_with_a_known_authority_only(
    plain: Registry, nobody: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # This machine would be asked without TLS.
    monkeypatch.setattr("promote.oci.server.is_loopback", lambda _: False)
    with pytest.raises(NetworkError, match="it does not speak TLS; if it must do without"):
        ask({plain.host: OWN}, nobody, f"{plain.host}/shop/web")
    made, key = certificate(tmp_path / "keys")
    with registry(tmp_path / "registry", tls={"certificate": str(made), "key": str(key)}) as running:
        with pytest.raises(NetworkError, match="its certificate is not valid here"):
            ask({running.host: OWN}, nobody, f"{running.host}/shop/web")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(made))
        with pytest.raises(NetworkError, match=f"has no {running.host}/shop/web:1.2.0"):
            ask({running.host: OWN}, nobody, f"{running.host}/shop/web")


@pytest.fixture
def shop(plain: Registry, tmp_path: Path) -> Sandbox:
    """The tiny repository, with its images in the registry."""
    sandbox.write_tiny(tmp_path / "clone")
    for path in (tmp_path / "clone").rglob("*.yaml"):
        path.write_text(path.read_text().replace("shop/", f"{plain.host}/shop/"), encoding="utf-8")
    settings = tmp_path / "clone/promote.yaml"
    settings.write_text(f'{settings.read_text()}registries: {{"{plain.host}": {{private: true}}}}\n')
    surroundings = sandbox.environment(tmp_path / "home") | {"DOCKER_CONFIG": str(tmp_path)}
    sandbox.create(tmp_path, surroundings)
    return sandbox.copy(tmp_path, tmp_path / "shop", surroundings)


def test_an_environment_is_pinned_by_a_pull_request_and_runs_what_the_registry_has(
    plain: Registry, shop: Sandbox
) -> None:
    api, (web, _) = plain.push("shop/api", "1.1.0"), plain.push_index("shop/web", "2.0.0")
    done = shop.promote("pin", "production", "--pr", "--output", "json").json
    assert [(one["service"], one["new"]["digest"]) for one in done["changes"]] == [("api", api), ("web", web)]
    assert (done["branch"], done["pull_request"]["number"]) == ("pin/production", 1)
    shop.promote("merge", "1")
    shop.git("pull", "--quiet")
    kustomize = sandbox.REPOSITORY / ".tools/bin/kustomize"
    built = subprocess.run(
        [kustomize, "build", shop.root / "overlays/production"], capture_output=True, text=True, check=True
    ).stdout
    assert f"image: {plain.host}/shop/api:1.1.0@{api}\n" in built
    assert f"image: {plain.host}/shop/web:2.0.0@{web}\n" in built
    assert shop.promote("pin", "production").out.startswith("nothing to do")


def test_the_newest_version_that_matches_is_taken(plain: Registry, shop: Sandbox) -> None:
    pushed = {
        tag: plain.push("shop/api", tag) for tag in ("1.2.0", "1.9.0", "1.10.0", "2.0.0", "1.11.0-rc.1", "latest")
    }
    hosts = {plain.host: OWN}
    asking = Registries(hosts, DockerConfig(shop.root / "none.json"), sleep=lambda _: None)
    assert set(pushed) <= set(asking.tags(f"{plain.host}/shop/api"))
    with pytest.raises(NetworkError, match=f"has no {plain.host}/shop/never: correct the tag or the name"):
        asking.tags(f"{plain.host}/shop/never")
    settings = shop.read("promote.yaml")
    shop.write("promote.yaml", f'{settings}follow: {{api: {{semver: ">=1.2 <2"}}}}\n')
    shop.publish("follow the registry")
    run = ("bump", "staging", "--newest", "--pr", "--output", "json")
    done = shop.promote(*run).json
    new = {"tag": "1.10.0", "digest": pushed["1.10.0"]}
    assert [(one["service"], one["new"]) for one in done["changes"]] == [("api", new)]
    assert shop.promote(*run).json == done | {"changed": False}
