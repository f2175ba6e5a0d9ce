"""The example of the documentation, `examples/shop`: versions in patches, and regions built on production."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.integration import sandbox
from tests.integration.sandbox import REPOSITORY, Sandbox

EXAMPLE = REPOSITORY / "examples/shop"
REGIONS = ("production-eu", "production-us")


@pytest.fixture
def shop(tmp_path: Path, surroundings: dict[str, str]) -> Sandbox:
    """The example in a repository of its own."""
    shutil.copytree(EXAMPLE, tmp_path / "shop/clone")
    sandbox.create(tmp_path / "shop", surroundings)
    return Sandbox(tmp_path / "shop/clone", surroundings)


def changed(shop: Sandbox, old: str, new: str) -> list[str]:
    lines = shop.at_origin("diff", "--unified=0", old, new, "--", "environments").splitlines()
    return [line for line in lines if re.match(r"[+-](?![+-]{2} )", line)]


def test_a_release_goes_to_both_regions_and_back(shop: Sandbox) -> None:
    start = shop.tip()
    answer = shop.promote("staging", "production", "--output", "json").json
    assert [change["service"] for change in answer["changes"]] == ["api"]
    assert set(REGIONS) <= {target["to"] for target in answer["targets"]}
    assert shop.promote("merge", "1").code == 0
    assert changed(shop, start, "main") == [
        "-          image: ghcr.io/example/api:1.2.0",
        "+          image: ghcr.io/example/api:1.3.0",
    ]
    shop.promote("rollback", "production", "api")
    assert changed(shop, start, "main") == []
    assert "api: 1.3.0 in staging, 1.2.0 in production" in shop.promote("drift", "staging", "production", code=1).out


def test_a_freeze_of_a_region_stops_production(shop: Sandbox) -> None:
    freeze = '{start: "2020-01-01 00:00", end: "2098-01-01 00:00", timezone: UTC, reason: "a fair"}'
    shop.replace("promote.yaml", "production-eu}", f"production-eu, gates: {{freeze: [{freeze}]}}}}")
    shop.publish("a freeze")
    assert "a fair" in shop.promote("staging", "production", code=4).err


def test_the_environments_are_those_that_init_finds(shop: Sandbox) -> None:
    settings = shop.read("promote.yaml")
    (shop.root / "promote.yaml").unlink()
    found = shop.promote("init", "--dry-run", "--output", "json").json["environments"]
    assert [one["path"] for one in found] == re.findall(r"path: (\S+?)[,}]", settings)


def test_no_rule_denies_it(shop: Sandbox) -> None:
    assert shop.promote("check", "--output", "json").json["summary"]["deny"] == 0


@pytest.mark.quick
def test_its_page_names_what_is_there() -> None:
    settings = (EXAMPLE / "promote.yaml").read_text(encoding="utf-8")
    listed = re.findall(r"^(\S+?)/? +\S", (EXAMPLE / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    folders = [one for one in listed if one.partition("/")[0] in ("base", "environments")]
    assert folders == ["base", *re.findall(r"path: (\S+?)[,}]", settings)]
