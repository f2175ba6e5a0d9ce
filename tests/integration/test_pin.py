"""`promote pin`, `promote bump --resolve`, and registries that do not answer as they should."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from promote.errors import NetworkError, PromoteError
from promote.model import Version
from promote.oci.address import Access
from promote.oci.client import Registries
from promote.oci.credentials import DockerConfig
from tests.integration.registry_server import Answer, RegistryServer, Seen
from tests.integration.sandbox import KUSTOMIZATION, Sandbox

pytestmark = pytest.mark.quick

API, WEB = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"
OWN = Access(private=True)
STAGING = "overlays/staging/kustomization.yaml"
SECRET = "one-long-secret"  # noqa: S105 it opens nothing
BEARER = 'Bearer realm="http://{host}/token",service="s",scope="repository:x:pull"'


@pytest.fixture
def registry() -> Iterator[RegistryServer]:
    with RegistryServer({"shop/api:1.1.0": API, "shop/web:2.0.0": WEB, "shop/api:1.3.0": API}) as running:
        yield running


@pytest.fixture
def shop(tiny: Sandbox, registry: RegistryServer, tmp_path: Path) -> Sandbox:
    """The tiny repository, whose images come from the registry as from a mirror of Docker Hub."""
    settings = tiny.read("promote.yaml")
    allowed = f'registries: {{docker.io: {{mirror: "{registry.host}"}}, "{registry.host}": {{private: true}}}}\n'
    tiny.write("promote.yaml", settings + allowed)
    tiny.publish("ask a mirror")
    return tiny


@pytest.mark.slow
def test_pin_adds_digests_and_changes_no_other_byte(shop: Sandbox) -> None:
    before = shop.read(KUSTOMIZATION)
    planned = shop.promote("pin", "production", "--dry-run").out
    assert f"api  1.1.0 → 1.1.0@{API[:19]}" in planned
    assert shop.read(KUSTOMIZATION) == before
    shop.promote("pin", "production")
    expected = before.replace('"1.1.0"', f'"1.1.0@{API}"').replace('"2.0.0"', f'"2.0.0@{WEB}"')
    assert shop.read(KUSTOMIZATION) == expected
    assert shop.promote("pin", "production").out.startswith("nothing to do")


@pytest.mark.slow
def test_pin_by_a_commit_of_one_image_then_of_the_rest(shop: Sandbox) -> None:
    done = shop.promote("pin", "production", "--only", "api", "--commit", "--output", "json").json
    assert [one["image"] for one in done["changes"]] == ["shop/api"]
    assert shop.git("ls-remote", "origin", "main").split()[0] == done["commit"]
    shop.promote("verify", done["commit"])
    subject = shop.git("log", "-1", "--format=%s", done["commit"])
    assert subject == f"pin: production (api 1.1.0@{API[:19]})"
    rest = shop.promote("pin", "production", "--pr", "--output", "json").json
    assert [one["image"] for one in rest["changes"]] == ["shop/web"]
    assert rest["branch"] == "pin/production"
    again = shop.promote("pin", "production", "--pr", "--output", "json").json
    assert (again["commit"], again["changed"]) == (rest["commit"], False)


@pytest.mark.slow
def test_pin_writes_a_digest_wherever_the_version_is_written(shop: Sandbox, registry: RegistryServer) -> None:
    registry.tags["shop/cart:7"] = WEB
    cart = shop.read("base/deployments.yaml").split("---\n")[1].replace("api", "cart")
    shop.write("base/cart.yaml", cart.replace("image: shop/cart", "image: shop/cart:7"))
    shop.replace("base/kustomization.yaml", "[deployments.yaml]", "[deployments.yaml, cart.yaml]")
    shop.replace(KUSTOMIZATION, 'newTag: "2.0.0"', f'newTag: "2.0.0"\n    digest: {API}')
    done = shop.promote("pin", "production", "--output", "json").json
    assert [one["to"] for one in done["targets"]] == ["production", "staging"]
    assert f"image: shop/cart:7@{WEB}}}" in shop.read("base/cart.yaml")
    assert f'newTag: "1.1.0@{API}"  # the API' in shop.read(KUSTOMIZATION)
    assert not [one for one in registry.seen if "web" in one.path]
    registry.tags["shop/web:2.1.0"] = WEB
    shop.promote("bump", "production", "web=2.1.0", "--resolve")
    assert f'newTag: "2.1.0"\n    digest: {WEB}\n' in shop.read(KUSTOMIZATION)


@pytest.mark.slow
def test_bump_resolves_a_tag(shop: Sandbox) -> None:
    shop.promote("bump", "staging", "api=1.3.0", "--resolve")
    assert f'newTag: "1.3.0@{API}"  # the API' in shop.read(STAGING)
    refused = shop.promote("bump", "staging", f"api=1.3.0@{WEB}", "--resolve", code=2).err
    assert "is given with a digest" in refused


@pytest.mark.slow
def test_a_rollback_takes_a_digest_back_that_the_version_before_had_not(
    shop: Sandbox, registry: RegistryServer
) -> None:
    cart = shop.read("base/deployments.yaml").split("---\n")[1].replace("api", "cart")
    shop.write("base/cart.yaml", before := cart.replace("image: shop/cart", "image: shop/cart:7"))
    shop.replace("base/kustomization.yaml", "[deployments.yaml]", "[deployments.yaml, cart.yaml]")
    shop.publish("add the cart")
    registry.tags["shop/cart:8"] = WEB
    shop.promote("bump", "production", "cart=8", "--resolve", "--commit")
    assert f"shop/cart:8@{WEB}" in shop.show("base/cart.yaml", "main")
    done = shop.promote("rollback", "production", "shop/cart", "--output", "json").json
    assert shop.show("base/cart.yaml", "main") == before
    shop.promote("verify", done["commit"])


@pytest.mark.slow
def test_all_tags_that_are_not_there_are_named_and_nothing_is_written(
    shop: Sandbox, registry: RegistryServer
) -> None:
    registry.tags.clear()
    before = shop.snapshot()
    failed = shop.promote("pin", "production", "--commit", code=6).err
    for what in ("shop/api:1.1.0", "shop/web:2.0.0"):
        assert f"{registry.host} has no docker.io/{what}: correct the tag" in failed
    assert shop.read(KUSTOMIZATION) == before[KUSTOMIZATION].decode()


@pytest.mark.slow
def test_a_version_without_the_name_of_its_image_is_left_and_said(shop: Sandbox, registry: RegistryServer) -> None:
    shop.write("overlays/production/versions.env", "JOB=7.0\n")
    shop.replace("promote.yaml", "registries:", "versions: [{name: job, file: versions.env, path: JOB}]\nregistries:")
    out = shop.promote("pin", "production").out
    assert "not moved: job has a tag in overlays/production/versions.env:1, but not the name of its image" in out
    assert not [one for one in registry.seen if "job" in one.path]


@pytest.mark.slow
def test_a_freeze_blocks_a_pin(shop: Sandbox) -> None:
    always = "freeze: [{start: 2020-01-01 00:00, end: 2099-01-01 00:00, timezone: UTC, reason: an audit}]"
    shop.replace("promote.yaml", "{path: overlays/production}", f"{{path: overlays/production, gates: {{{always}}}}}")
    assert "an audit" in shop.promote("pin", "production", code=4).err


@pytest.mark.thorough
def test_every_third_party_image_of_mediq_is_pinned_in_its_one_place(
    mediq: Sandbox, registry: RegistryServer
) -> None:
    registry.rule = lambda seen: (200, {"Docker-Content-Digest": digest_of(seen.path.encode())}, b"")
    mirrored = ", ".join(f'{host}: {{mirror: "{registry.host}"}}' for host in ("docker.io", "registry.k8s.io"))
    settings = mediq.read("promote.yaml")
    mediq.write("promote.yaml", f'{settings}registries: {{{mirrored}, "{registry.host}": {{private: true}}}}\n')
    done = mediq.promote("pin", "production", "--output", "json").json
    assert mediq.git("diff", "--name-only").split() == ["components/versions/kustomization.yaml", "promote.yaml"]
    assert [one["layered_on"] for one in done["targets"]] == [None, "production"]
    assert len(done["targets"][0]["changes"]) == len(registry.seen) == 14
    mediq.replace("promote.yaml", "overlays/production}", "overlays/production, live: true}")
    assert mediq.promote("check", "production", "--only", "images.digest", "--output", "json").json["findings"] == []


def ask(registry: RegistryServer, docker: Path | None = None, own: Access = OWN) -> str:
    pauses: list[float] = []
    asking = Registries({registry.host: own}, DockerConfig(docker or Path("/nowhere/config.json")), pauses.append)
    return asking.pinned(f"{registry.host}/shop/api", Version("1.1.0")).digest or ""


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def login(folder: Path, *hosts: str, kind: str = "auth") -> Path:
    secret = base64.b64encode(f"me:{SECRET}".encode()).decode() if kind == "auth" else SECRET
    (folder / "config.json").write_text(json.dumps({"auths": {host: {kind: secret} for host in hosts}}))
    return folder / "config.json"


@pytest.mark.parametrize(
    "first",
    [
        (429, {"Retry-After": "7"}, b""),
        (429, {"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"}, b""),
        (503, {}, b""),
    ],
)
def test_a_passing_failure_is_tried_again(registry: RegistryServer, first: Answer) -> None:
    registry.planned = [first]
    assert ask(registry) == API
    assert len(registry.seen) == 2


@pytest.mark.parametrize("login_first", [False, True])
def test_a_rate_limit_that_lasts(registry: RegistryServer, tmp_path: Path, login_first: bool) -> None:
    docker = login(tmp_path, registry.host) if login_first else None
    basic = [(401, {"WWW-Authenticate": 'Basic realm="x"'}, b"")] if login_first else []
    registry.planned = [*basic, (429, {"Retry-After": "3600"}, b"")]
    with pytest.raises(NetworkError, match=r"limits the rate of requests: .*in 3600 s") as caught:
        ask(registry, docker)
    assert ("docker login" in str(caught.value)) is not login_first


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((200, {"Docker-Content-Digest": "sha256:abc"}, b""), "its digest is not valid"),
        ((200, {"Docker-Content-Digest": "latest"}, b""), "its digest is not valid"),
        ((302, {"Location": "https://elsewhere.example/v2/x"}, b""), "redirects to another server"),
        ((302, {"Location": "http://169.254.169.254/latest"}, b""), "redirects to another server"),
        ((401, {}, b""), r"without a login \(401\)"),
        ((403, {}, b""), r"without a login \(403\): log in with `docker login"),
        ((418, {}, b""), r"does not answer like a registry about .* \(418\)"),
        ((401, {"WWW-Authenticate": 'Bearer realm="http://10.0.0.1/t"'}, b""), "its address must be https"),
        ((401, {"WWW-Authenticate": 'Bearer realm="file:///etc/passwd"'}, b""), "its address must be https"),
        ((401, {"WWW-Authenticate": 'Bearer realm="https://u:p@a.example/t"'}, b""), "its address must be https"),
        ((401, {"WWW-Authenticate": 'Bearer realm="https://[::"'}, b""), "its address must be https"),
        ((401, {"WWW-Authenticate": 'Bearer realm="https://10.0.0.1/t"'}, b""), "not on the internet"),
        ((401, {"WWW-Authenticate": 'Bearer realm="https://169.254.169.254/t"'}, b""), "not on the internet"),
    ],
)  # fmt: skip
def test_an_answer_that_is_not_followed(registry: RegistryServer, answer: Answer, words: str) -> None:
    registry.rule = lambda _: answer
    with pytest.raises(NetworkError, match=words):
        ask(registry)


def test_a_registry_without_the_header_is_asked_for_the_manifest(registry: RegistryServer) -> None:
    manifest = b'{"schemaVersion": 2}'
    registry.rule = lambda _: (200, {}, manifest)
    assert ask(registry) == digest_of(manifest)
    assert [one.method for one in registry.seen] == ["HEAD", "GET"]


@pytest.mark.parametrize(
    ("headers", "body", "words"),
    [
        ({"Content-Type": "text/html"}, b"<html>please log in</html>", "is not a manifest"),
        ({}, b"", "is not a manifest"),
        ({}, b"[]", "is not a manifest"),
        ({}, b'{"errors": []}', "is not a manifest"),
        ({}, b"[" * 100_000, "is not a manifest"),
        ({"Docker-Content-Digest": f"sha256:{'0' * 64}"}, b'{"schemaVersion": 2}', "another digest than it says"),
    ],
)
def test_what_is_no_manifest_has_no_digest_to_pin(
    registry: RegistryServer, headers: dict[str, str], body: bytes, words: str
) -> None:
    """A portal of a network answers every request with its page; nobody could pull what has the digest of that."""
    registry.rule = lambda seen: (200, {} if seen.method == "HEAD" else headers, body)
    with pytest.raises(NetworkError, match=words):
        ask(registry)


def test_a_retired_manifest_has_no_digest_to_pin(registry: RegistryServer) -> None:
    kind = "application/vnd.docker.distribution.manifest.v1+prettyjws"
    registry.rule = lambda _: (200, {"Docker-Content-Digest": API, "Content-Type": kind}, b"")
    with pytest.raises(NetworkError, match="only in the retired format"):
        ask(registry)


def test_a_host_in_a_private_network_is_not_asked(registry: RegistryServer) -> None:
    with pytest.raises(NetworkError, match=r"is at 127\.0\.0\.1, and not on the internet: nothing was sent there"):
        Registries({}).pinned(f"{registry.host}/shop/api", Version("1.1.0"))
    with pytest.raises(NetworkError, match="not on the internet"):
        ask(registry, own=Access(plain_http=True))
    assert registry.seen == []


def test_it_is_not_even_connected_to() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        with pytest.raises(NetworkError, match="not on the internet"):
            Registries({}).pinned(f"127.0.0.1:{listening.getsockname()[1]}/shop/api", Version("1.1.0"))
        with pytest.raises(BlockingIOError):
            listening.accept()


def test_a_name_that_means_something_else_when_it_is_connected(
    registry: RegistryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("promote.system.public_network.resolved", lambda *_: ["8.8.8.8"])
    with pytest.raises(NetworkError, match=r"is at 127\.0\.0\.1, and not on the internet"):
        Registries({}).pinned(f"{registry.host}/shop/api", Version("1.1.0"))
    assert registry.seen == []


def test_nor_by_the_way_of_a_proxy(registry: RegistryServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, f"http://{registry.host}")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "")
    with pytest.raises(NetworkError, match="not on the internet"):
        Registries({}).pinned("127.0.0.1:1/shop/api", Version("1.1.0"))
    assert registry.seen == []


def test_a_credential_is_sent_to_its_own_host_only(registry: RegistryServer, tmp_path: Path) -> None:
    """A manifest of a stranger names a host, and that host whatever it likes as the realm."""
    challenges = ['Basic realm="docker.io"', BEARER.format(host=registry.host)]
    docker = login(tmp_path, "https://index.docker.io/v1/", "ghcr.io", "127.0.0.1", "localhost")
    for header in challenges:

        def rule(seen: Seen, header: str = header) -> Answer:
            return (401, {"WWW-Authenticate": header}, b"{}")

        registry.rule = rule
        with pytest.raises(NetworkError, match=r"without a login \(401\)"):
            ask(registry, docker)
    assert {one.authorization for one in registry.seen} == {""}


def test_a_token_is_asked_for_one_repository_and_used_again(registry: RegistryServer, tmp_path: Path) -> None:
    def rule(seen: Seen) -> Answer | None:
        if seen.path.startswith("/token"):
            return (200, {}, json.dumps({"access_token": "short-lived"}).encode())
        header = BEARER.format(host=registry.host).replace("repository:x:pull", "registry:catalog:*")
        return None if seen.authorization == "Bearer short-lived" else (401, {"WWW-Authenticate": header}, b"")

    registry.rule = rule
    registry.tags["shop/api:1.2.0"] = WEB
    asking = Registries({registry.host: OWN}, DockerConfig(login(tmp_path, registry.host)))
    found = [asking.pinned(f"{registry.host}/shop/api", Version(tag)).digest for tag in ("1.1.0", "1.2.0", "1.1.0")]
    assert found == [API, WEB, API]
    [token] = [one for one in registry.seen if one.path.startswith("/token")]
    assert token.path == "/token?service=s&scope=repository%3Ashop%2Fapi%3Apull"
    assert len(registry.seen) == 4


@pytest.mark.parametrize("token", ["", "a b", "x\r\nEvil: 1", "t" * 20_000])
def test_a_token_that_is_none(registry: RegistryServer, token: str) -> None:
    content = json.dumps({"token": token}).encode()
    challenge = {"WWW-Authenticate": BEARER.format(host=registry.host)}
    registry.rule = lambda seen: (200, {}, content) if "token" in seen.path else (401, challenge, b"")
    with pytest.raises(NetworkError, match="has no valid token"):
        ask(registry)


@pytest.mark.parametrize("kind", ["auth", "identitytoken", "registrytoken"])
def test_no_error_shows_a_secret(registry: RegistryServer, tmp_path: Path, kind: str) -> None:
    docker = login(tmp_path, registry.host, kind=kind)
    encoded = base64.b64encode(f"me:{SECRET}".encode()).decode()
    for header in ('Basic realm="x"', BEARER.format(host=registry.host)):

        def rule(seen: Seen, header: str = header) -> Answer:
            said = seen.authorization.encode() + SECRET.encode()
            return (401, {"WWW-Authenticate": header, "X-Said": seen.authorization}, said)

        registry.rule = rule
        with pytest.raises(PromoteError) as caught:
            ask(registry, docker)
        shown = f"{caught.value} {caught.value.__cause__} {caught.value.__context__}"
        assert SECRET not in shown
        assert encoded not in shown


def test_a_password_is_not_sent_without_tls(
    registry: RegistryServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("promote.oci.server.is_loopback", lambda _: False)
    registry.rule = lambda _: (401, {"WWW-Authenticate": 'Basic realm="x"'}, b"")
    access = {registry.host: Access(private=True, plain_http=True)}
    asking = Registries(access, DockerConfig(login(tmp_path, registry.host)))
    with pytest.raises(NetworkError, match="asks for a credential without TLS: it is not sent"):
        asking.pinned(f"{registry.host}/shop/api", Version("1.1.0"))
    assert {one.authorization for one in registry.seen} == {""}


def test_a_password_is_not_sent_to_a_token_server_without_tls(
    registry: RegistryServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where promote.yaml lets the token server be asked without TLS: a registry may name any."""
    token_server = RegistryServer()
    with token_server:
        token_server.rule = lambda _: (200, {}, b'{"token": "t"}')
        challenge = {"WWW-Authenticate": BEARER.format(host=token_server.host)}
        registry.rule = lambda seen: (
            (200, {"Docker-Content-Digest": API}, b"{}") if seen.authorization else (401, challenge, b"")
        )
        plain = Access(private=True, plain_http=True)
        monkeypatch.setattr("promote.oci.server.is_loopback", lambda host: host == registry.host)
        for kind in ("auth", "identitytoken"):
            asking = Registries(
                {registry.host: plain, token_server.host: plain},
                DockerConfig(login(tmp_path, registry.host, kind=kind)),
            )
            with pytest.raises(NetworkError, match="asks for a credential without TLS: it is not sent"):
                asking.pinned(f"{registry.host}/shop/api", Version("1.1.0"))
        assert token_server.seen == []
        asking = Registries({registry.host: plain, token_server.host: plain}, DockerConfig(tmp_path / "none.json"))
        assert asking.pinned(f"{registry.host}/shop/api", Version("1.1.0")).digest == API
