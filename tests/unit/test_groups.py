"""Paths with a `*`: which folders they match, and how these are environments."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from promote.errors import ConfigError, UsageError
from promote.kustomize.files import FILE_NAMES
from promote.repository import config, groups
from tests.load import patience

FOLDERS = ("apps/web/overlays/dev", "apps/cart/overlays/dev", "apps/web/overlays/prod", "apps/.old/overlays/dev",
           "apps/no/overlays/dev/more", "k8s-web/dev", "k8s-cart/dev", "k8s-/dev", ".ci/web/dev")  # fmt: skip


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for folder in FOLDERS:
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / "kustomization.yml").touch()
    return tmp_path


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("apps/*/overlays/dev", {"cart": "apps/cart/overlays/dev", "web": "apps/web/overlays/dev"}),
        ("k8s-*/dev", {"cart": "k8s-cart/dev", "web": "k8s-web/dev"}),
        ("apps/web/overlays/*", {"dev": "apps/web/overlays/dev", "prod": "apps/web/overlays/prod"}),
        (".ci/*/dev", {"web": ".ci/web/dev"}),
        ("other/*/dev", {}),
    ],
)
def test_the_part_of_the_path_is_the_app(root: Path, pattern: str, found: dict[str, str]) -> None:
    assert groups.apps(pattern, groups.of_folder(root)) == found


SETTINGS = b"""\
environments:
  shared: {path: k8s-web/dev}
  dev: {path: apps/*/overlays/dev, live: true}
  prod: {path: apps/*/overlays/prod}
  last: {path: k8s-cart/dev, after: [prod, shared]}
"""


def test_each_app_has_the_settings_and_the_order_of_its_environment(root: Path) -> None:
    (root / "promote.yaml").write_bytes(SETTINGS)
    found = config.load(root)
    assert found.names == ["shared", "dev", "prod", "last", "dev/cart", "dev/web", "prod/web"]
    assert {one.name: (one.path, one.live) for one in found.members("dev")} == {
        "dev/cart": ("apps/cart/overlays/dev", True),
        "dev/web": ("apps/web/overlays/dev", True),
    }
    assert found.order == {
        "shared": (),
        "dev/cart": ("shared",),
        "dev/web": ("shared",),
        "prod/web": ("dev/web",),
        "last": ("prod/web", "shared"),
    }
    assert found.environments["last"].after == ("prod/web", "shared")
    assert found.environments["prod/web"].after is None
    assert found.environment(root, "apps/web/overlays/prod") == found.environments["prod/web"]
    with pytest.raises(UsageError, match="dev has several apps, and this is about one: name dev/cart or dev/web"):
        found.environment(root, "dev")


def test_a_path_that_matches_nothing_is_reported(root: Path) -> None:
    (root / "promote.yaml").write_bytes(b"environments:\n  a: {path: none/*/b}\n")
    with pytest.raises(ConfigError, match=r"environment 'a': no folder with a kustomization matches 'none/\*/b'"):
        config.load(root)


def test_many_apps_are_put_in_order_one_by_one() -> None:
    """Anybody can add folders that match: what looks through all apps for each of them takes minutes for these."""
    stages = {name: f"{name}: {{path: apps/*/{name}}}" for name in ("dev", "staging", "prod")}
    settings = config.parse(f"environments: {{{', '.join(stages.values())}}}".encode())
    apps = [f"app{number:04}" for number in range(5_000)]
    start = time.monotonic()
    found = groups.expanded(settings.environments, lambda folder: apps if folder == "apps" else FILE_NAMES)
    assert time.monotonic() - start < patience(10)
    assert [*found] == [f"{stage}/{app}" for stage in stages for app in apps]
    assert [found[f"{stage}/app0042"].listed for stage in stages] == [(), ("dev/app0042",), ("staging/app0042",)]
