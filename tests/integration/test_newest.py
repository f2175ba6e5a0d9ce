"""`promote bump --newest`: what is taken, what is left, and registries that do not answer as they should."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from promote.errors import NetworkError
from promote.oci.address import Access
from promote.oci.client import Registries
from promote.oci.credentials import DockerConfig
from tests.integration.registry_server import Answer, RegistryServer, Seen
from tests.integration.sandbox import Sandbox

DIGESTS = [f"sha256:{digit * 64}" for digit in "abcdef"]
STAGING = "overlays/staging/kustomization.yaml"
BRANCH = "bump/staging/newest"
FOLLOW = """\
follow:
  api: {semver: ">=1.2 <2"}
  shop/web: {pattern: '^main-(?P<order>[0-9]+)-[0-9a-f]{7}$'}
"""


@pytest.fixture
def registry() -> Iterator[RegistryServer]:
    api = ["1.1.0", "1.2.0", "1.3.0", "1.10.0", "1.11.0-rc.1", "2.0.0", "1.10", "1", "latest", "sha-0123456"]
    web = ["main-9-aaaaaaa", "main-10-bbbbbbb", "main-100-cccccc", "other-11-ddddddd", "latest"]
    tags = [*(f"shop/api:{tag}" for tag in api), *(f"shop/web:{tag}" for tag in web)]
    with RegistryServer({tag: DIGESTS[number % len(DIGESTS)] for number, tag in enumerate(tags)}) as running:
        yield running


@pytest.fixture
def shop(tiny: Sandbox, registry: RegistryServer) -> Sandbox:
    """The tiny repository, whose images come from the registry, and whose web is at main-9."""
    allowed = f'registries: {{docker.io: {{mirror: "{registry.host}"}}, "{registry.host}": {{private: true}}}}\n'
    tiny.write("promote.yaml", tiny.read("promote.yaml") + allowed + FOLLOW)
    tiny.replace(STAGING, "2.1.0", "main-9-aaaaaaa")
    tiny.publish("follow the registry")
    return tiny


def digest(registry: RegistryServer, name: str) -> str:
    return registry.tags[name]


def test_the_newest_tag_and_its_digest_and_no_other_byte(shop: Sandbox, registry: RegistryServer) -> None:
    before = shop.read(STAGING)
    planned = shop.promote("bump", "staging", "--newest", "--dry-run").out
    assert f"api  1.2.0          → 1.10.0@{digest(registry, 'shop/api:1.10.0')[:19]}" in planned
    assert shop.read(STAGING) == before
    shop.promote("bump", "staging", "--newest")
    expected = before.replace("1.2.0", f"1.10.0@{digest(registry, 'shop/api:1.10.0')}")
    web = f"main-10-bbbbbbb@{digest(registry, 'shop/web:main-10-bbbbbbb')}"
    assert shop.read(STAGING) == expected.replace("main-9-aaaaaaa", web)
    again = shop.promote("bump", "staging", "--newest").out
    assert "note: nothing newer: api 1.10.0, web main-10-bbbbbbb" in again
    assert "nothing to do" in again


def test_a_scheduled_job_keeps_one_branch_and_one_pull_request(shop: Sandbox, registry: RegistryServer) -> None:
    run = ("bump", "staging", "--newest", "--pr", "--output", "json")
    first = shop.promote(*run).json
    assert (first["branch"], first["pull_request"]["number"], len(first["changes"])) == (BRANCH, 1, 2)
    assert shop.promote(*run).json == first | {"changed": False}
    registry.tags["shop/api:1.10.1"] = DIGESTS[0]
    second = shop.promote(*run).json
    assert [one["new"]["tag"] for one in second["changes"]] == ["1.10.1", "main-10-bbbbbbb"]
    assert (second["branch"], second["pull_request"]["number"], list(shop.pulls())) == (BRANCH, 1, [1])
    shop.promote("verify", second["commit"])
    shop.promote("merge", "1")
    assert shop.promote(*run).json["changes"] == []
    assert list(shop.branches()) == ["main"]


def test_names_are_taken_alone_and_others_are_named_on_one_line(shop: Sandbox, registry: RegistryServer) -> None:
    done = shop.promote("bump", "staging", "web", "--newest", "--pr", "--output", "json").json
    assert ([one["service"] for one in done["changes"]], done["branch"]) == (["web"], f"{BRANCH}+web")
    assert not [one for one in registry.seen if "api" in one.path]
    shop.replace("promote.yaml", "  api:", "  other:")
    shop.publish()
    assert (
        "note: without a row of `follow`, so left as they are: api\n"
        in shop.promote("bump", "staging", "--newest", "--dry-run").out
    )
    refused = shop.promote("bump", "staging", "api", "--newest", code=2).err
    assert "there is no row of `follow` in promote.yaml for shop/api" in refused


def test_never_an_older_version_than_the_one_that_is_there(shop: Sandbox) -> None:
    for now, said in [
        ("1.12.0", "note: api stays at 1.12.0: 1.10.0, the newest that matches >=1.2 <2, is older"),
        ("1.10", "note: nothing newer: api 1.10"),
        ("latest", "not moved: api: nobody can say what is newer than 'latest', which does not match >=1.2 <2"),
    ]:
        text = shop.read(STAGING)
        shop.replace(STAGING, "1.2.0", now)
        out = shop.promote("bump", "staging", "api", "--newest", "--dry-run").out
        assert said in out
        assert "nothing to do" in out
        shop.write(STAGING, text)


def test_a_held_version_is_passed_over_here_and_for_those_after(shop: Sandbox, registry: RegistryServer) -> None:
    registry.tags["shop/api:1.9.0"] = digest(registry, "shop/api:1.10.0")
    shop.promote("hold", "staging", "api=1.10.0", "--reason", "it leaks")
    shop.promote("hold", "production", f"api=1.4.0@{digest(registry, 'shop/api:1.10.0')}", "--reason", "slow")
    done = shop.promote("bump", "staging", "api", "--newest", "--pr", "--output", "json").json
    assert [one["new"]["tag"] for one in done["changes"]] == ["1.3.0"]
    held, same = done["unmoved"]
    assert held.startswith("api: 1.10.0 is held in staging since ")
    assert held.endswith(": it leaks")
    assert same.startswith("api: 1.9.0 is held in production since ")  # by its digest


def test_what_was_rolled_back_does_not_come_back(shop: Sandbox) -> None:
    before = shop.read(STAGING)
    shop.promote("bump", "staging", "api", "--newest", "--commit")
    shop.promote("rollback", "staging", "api")
    assert shop.show(STAGING, "main") == before  # which has no digest
    done = shop.promote("bump", "staging", "api", "--newest", "--commit", "--output", "json").json
    assert [one["new"]["tag"] for one in done["changes"]] == ["1.3.0"]
    assert "api: 1.10.0 is held in staging since" in done["unmoved"][0]
    shop.promote("rollback", "staging", "api")
    nothing = shop.promote("bump", "staging", "api", "--newest", "--commit", "--output", "json").json
    assert (nothing["changes"], nothing["changed"], len(nothing["unmoved"])) == ([], False, 2)


def test_a_hold_on_the_version_that_is_there_is_no_reason_to_go_back(shop: Sandbox) -> None:
    shop.replace("promote.yaml", ">=1.2 <2", ">=1 <2")
    shop.publish()
    for tag in ("1.10.0", "1.3.0", "1.2.0"):
        shop.promote("hold", "staging", f"api={tag}", "--reason", "it leaks")
    nothing = shop.promote("bump", "staging", "api", "--newest", "--pr", "--output", "json").json
    assert (nothing["changes"], len(nothing["unmoved"])) == ([], 2)


def test_an_image_with_two_versions_is_left_and_said(shop: Sandbox, registry: RegistryServer) -> None:
    cart = shop.read("base/deployments.yaml").split("---\n")[1].replace("api", "cart")
    two = cart.replace("image: shop/cart}", "image: shop/cart:7}, {name: other, image: shop/cart:8}")
    shop.write("base/cart.yaml", two)
    shop.replace("base/kustomization.yaml", "[deployments.yaml]", "[deployments.yaml, cart.yaml]")
    shop.write("promote.yaml", shop.read("promote.yaml") + "  cart: {semver: ^9}\n")
    done = shop.promote("bump", "staging", "--newest", "--output", "json").json
    assert [one["service"] for one in done["changes"]] == ["api", "web"]
    assert done["unmoved"][0].startswith("shop/cart has different versions within staging (base/cart.yaml:")
    assert not [one for one in registry.seen if "cart" in one.path]


def test_tags_that_nothing_orders_are_left_to_people(shop: Sandbox, registry: RegistryServer) -> None:
    registry.tags["shop/web:main-10-eeeeeee"] = registry.tags["shop/api:v1.10.0"] = DIGESTS[0]
    done = shop.promote("bump", "staging", "--newest", "--output", "json").json
    # Of two notations of one version, that of the present one.
    assert [one["new"]["tag"] for one in done["changes"]] == ["1.10.0"]
    assert done["unmoved"] == ["web: nothing says which of main-10-bbbbbbb, main-10-eeeeeee is newer: name one"]


def test_every_registry_that_fails_is_named_and_nothing_changes(shop: Sandbox, registry: RegistryServer) -> None:
    registry.rule = lambda seen: (403, {}, b"") if "web" in seen.path else (404, {}, b"")
    before, refs = shop.snapshot(), shop.at_origin("for-each-ref")
    failed = shop.promote("bump", "staging", "--newest", "--pr", code=6).err
    assert f"api: {registry.host} has no docker.io/shop/api" in failed
    assert f"web: {registry.host} does not show docker.io/shop/web without a login (403)" in failed
    assert (shop.snapshot(), shop.at_origin("for-each-ref")) == (before, refs)


def test_a_pattern_that_backtracks_forever_is_stopped(
    shop: Sandbox, registry: RegistryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("promote.oci.search._SECONDS", 1)
    shop.replace("promote.yaml", "'^main-(?P<order>[0-9]+)-[0-9a-f]{7}$'", "'^(?P<order>([0-9a-z-]+)+)$'")
    registry.tags[f"shop/web:{'a' * 127}_"] = DIGESTS[0]
    shop.publish()
    failed = shop.promote("bump", "staging", "web", "--newest", code=2).err
    assert (
        "the pattern of `follow` for web in promote.yaml: a search for it in 7 tags takes longer than 1 s" in failed
    )


def test_a_mistake_on_the_command_line(shop: Sandbox) -> None:
    assert "or use --newest" in shop.promote("bump", "staging", code=2).err
    assert "'api=1' does not go with --newest" in shop.promote("bump", "staging", "api=1", "--newest", code=2).err
    assert "did you mean 'api'?" in shop.promote("bump", "staging", "apj", "--newest", code=2).err


def listed(registry: RegistryServer) -> tuple[str, ...]:
    pauses: list[float] = []
    asking = Registries(
        {registry.host: Access(private=True)}, DockerConfig(Path("/nowhere/config.json")), pauses.append
    )
    return asking.tags(f"{registry.host}/shop/api")


@pytest.mark.quick
def test_pages_are_followed_to_their_end_and_asked_again_after_429(registry: RegistryServer) -> None:
    registry.page = 3
    whole = sorted(name.partition(":")[2] for name in registry.tags if name.startswith("shop/api:"))
    refused = iter([True])

    def limited(seen: Seen) -> Answer | None:
        return (429, {"Retry-After": "1"}, b"") if "last=" in seen.path and next(refused, False) else None

    registry.rule = limited
    assert list(listed(registry)) == whole
    assert [one.path for one in registry.seen[:2]] == [
        "/v2/shop/api/tags/list?n=1000", f"/v2/shop/api/tags/list?last={whole[2]}&n=3",
    ]  # fmt: skip
    assert len(registry.seen) == len(whole) // 3 + 1 + 1


def page(tags: object, link: str = "") -> Answer:
    return 200, {"Link": link} if link else {}, json.dumps({"tags": tags}).encode()


@pytest.mark.quick
def test_what_is_not_a_tag_is_left_out(registry: RegistryServer) -> None:
    odd = ["1.2.0", "", "1.2.0\n", "\x1b[31m1.9.9", "a" * 128, "a" * 129, "-x", "a/b", "1.2.0@sha256:0", "1.2.0+x"]
    registry.rule = lambda _: page(odd)
    assert listed(registry) == ("1.2.0", "a" * 128)
    registry.rule = lambda _: page(None)
    assert listed(registry) == ()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (page(["1.0.0"], '<https://elsewhere.example/v2/shop/api/tags/list?n=1>; rel="next"'), "is not its own"),
        (page(["1.0.0"], '<//elsewhere.example?n=1>; rel="next"'), "is not its own"),
        (page(["1.0.0"], '<http://[::/x?n=1>; rel="next"'), "is not its own"),
        (page(["1.0.0"], '</v2/shop/api/tags/list>; rel="next"'), "is not its own"),
        (page([1]), "its list of tags is not valid"),
        (page("1.0.0"), "its list of tags is not valid"),
        ((200, {}, b"[]"), "its list of tags is not valid"),
        ((200, {}, b"{"), "its list of tags is not valid"),
        (page([str(number) for number in range(100_001)]), "more than 100,000 tags"),
        ((200, {}, b'{"tags": [' + b'"1.0.0",' * 2_000_000 + b'"1"]}'), "its list of tags is not valid"),
        ((302, {"Location": "http://169.254.169.254/latest"}, b""), "redirects to another server"),
        ((401, {}, b""), r"without a login \(401\)"),
    ],
)  # fmt: skip
def test_a_list_that_is_not_followed(registry: RegistryServer, answer: Answer, words: str) -> None:
    registry.rule = lambda _: answer
    with pytest.raises(NetworkError, match=words):
        listed(registry)
    assert {one.path.partition("?")[0] for one in registry.seen} == {"/v2/shop/api/tags/list"}


def test_a_list_without_an_end(registry: RegistryServer) -> None:
    registry.rule = lambda _: page([], f'<?last={len(registry.seen)}>; rel="next"')
    with pytest.raises(NetworkError, match="without an end"):
        listed(registry)
    assert len(registry.seen) == 500
    registry.seen.clear()
    registry.rule = lambda _: page(["1.0.0"], '<?last=1>; rel="next"')
    with pytest.raises(NetworkError, match="without an end"):
        listed(registry)
    assert len(registry.seen) == 2
