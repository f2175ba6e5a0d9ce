"""Environments in another repository: `repository:` in promote.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.integration.sandbox import BRANCH, Sandbox, tiny_overlay

FILE = "deploy/production/kustomization.yaml"


def settings(address: str, more: str = "") -> str:
    return f"""\
environments:
  staging: {{path: overlays/staging}}
  production: {{path: deploy/production, repository: {address}, branch: main}}
{more}kubernetes: ["1.36"]
"""


def production(api: str, web: str) -> str:
    return tiny_overlay("production", api, web)


@dataclass(frozen=True)
class Two:
    """The clone that promote runs in, and the other bare repository, which has production, with a clone of it."""

    tiny: Sandbox
    there: Sandbox

    def promote(self, *arguments: str, code: int = 0, env: dict[str, str] | None = None) -> Any:
        return self.tiny.promote(*arguments, code=code, env=env)

    def at(self, *arguments: str) -> str:
        return self.tiny.git("--git-dir", str(self.there.origin), *arguments)

    def show(self, branch: str = "main", path: str = FILE) -> str:
        return self.there.show(path, branch)

    def say(self, text: str) -> None:
        """Another promote.yaml on the shared branch."""
        self.tiny.write("promote.yaml", text)
        self.tiny.publish()


def other_repository(tiny: Sandbox, name: str = "prod") -> Sandbox:
    """Another bare repository, and a clone of it, with production alone: neither promote.yaml nor rules."""
    folder = tiny.root.parent / name
    folder.mkdir()
    origin = folder / "origin.git"
    tiny.git("init", "--quiet", "--bare", "--initial-branch=main", "--template=", str(origin))
    tiny.git("clone", "--quiet", str(origin), str(folder / "clone"))
    there = Sandbox(folder / "clone", tiny.env)
    there.write(FILE, production("1.1.0", "2.0.0"))
    there.write("base/kustomization.yaml", tiny.read("base/kustomization.yaml"))
    there.write("base/deployments.yaml", tiny.read("base/deployments.yaml"))
    there.commit("production")
    there.git("push", "--quiet", "origin", "HEAD:main")
    return there


@pytest.fixture
def two(tiny: Sandbox) -> Two:
    there = other_repository(tiny)
    tiny.git("rm", "-r", "--quiet", "overlays/production")
    tiny.write("promote.yaml", settings(str(there.origin)))
    tiny.publish()
    return Two(tiny, there)


@pytest.mark.quick
def test_a_release_goes_to_the_other_repository_and_back(two: Two) -> None:
    before = two.tiny.snapshot(), two.tiny.branches()
    status = two.promote("status").out
    assert "main of" in status
    assert "to promote: promote staging production  (api, web)" in status
    assert two.promote("plan", "staging", "production", "--output", "json").json["changed"] is False
    two.promote("explain", "staging", "production")
    two.promote("drift", "staging", "production", code=1)
    answer = two.promote("staging", "production", "--output", "json").json
    assert answer["repository"].endswith("prod/origin")
    assert two.show(BRANCH) == production("1.2.0", "2.1.0")
    assert two.at("rev-list", "--count", f"main..{BRANCH}") == "1"
    assert two.there.pulls()[1]["base"] == "main"
    assert "open: #1" in two.promote("status").out
    assert "moves versions and nothing else" in two.promote("verify", answer["commit"]).out
    two.promote("merge", "1", code=2)  # the own repository has no pull request
    merged = two.promote("merge", "1", "--environment", "production", "--output", "json").json
    assert merged["commit"] == two.there.tip()
    assert two.show() == production("1.2.0", "2.1.0")
    two.promote("drift", "staging", "production")
    assert "nothing to do" in two.promote("staging", "production").out
    two.promote("rollback", "production", "api")
    assert two.show() == production("1.1.0", "2.1.0")
    assert "shop/api" in two.show(path="holds.yaml")
    revisions = two.promote("history", "production", "--output", "json").json["revisions"]
    assert [one["commit"] for one in revisions][-1] == two.there.tip()
    assert "held" in two.promote("staging", "production", code=4).err
    assert (two.tiny.snapshot(), two.tiny.branches()) == before
