"""A copy of the overlays, or a small kustomization, to break on purpose and check."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from shlex import quote
from typing import Any
from unittest import mock

from promote.commands import check
from promote.commands.check import Options
from promote.commands.result import Result
from promote.output import registry
from promote.system import tools
from tests.defaults import DEFAULTS

ROOT = Path(__file__).resolve().parents[2]
TOOLS = Path(os.environ.get("PROMOTE_TOOLS") or ROOT / ".tools" / "bin")
# Kept between runs, as a user's own is, and in no clone.
CACHE = Path(tempfile.gettempdir()) / f"promote-tests-{os.geteuid()}"
# A verdict of an earlier test would hide what is wrong in this one: only schemas are kept.
ENVIRONMENT = {"PROMOTE_CACHE": str(CACHE), "PROMOTE_NO_CACHE": "1", "PROMOTE_TOOLS": str(TOOLS)}
CONFIG = """\
environments:
  staging: {path: overlays/staging}
  production: {path: overlays/production}
policies: policies
"""
# The schemas of custom resources are installed, not copied: they stay where they are.
SCHEMAS = f"schemas: ['{ROOT}/.tools/schemas', '{ROOT}/tools/schemas']\n"
SMALL = ROOT / "tests" / "integration" / "small"

_TESTS = shutil.ignore_patterns("*_test.rego")


def view(result: Result, name: str) -> list[str]:
    """The lines of a result in one of the formats of `check`."""
    assert result.report
    return registry.lines(name, result.report)


class Repository:
    """A folder with manifests, promote.yaml and the rules of this repository."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def of_overlays(cls, folder: Path) -> Repository:
        """A copy of the real overlays."""
        for name in ("base", "components", "overlays"):
            shutil.copytree(DEFAULTS / name, folder / name)
        return cls._with_rules(folder, CONFIG + SCHEMAS)

    @classmethod
    def small(cls, folder: Path) -> Repository:
        """One Deployment in one kustomization, in which nothing is wrong."""
        shutil.copytree(SMALL, folder, dirs_exist_ok=True)
        return cls._with_rules(folder, "environments: {small: {path: .}}\n")

    @classmethod
    def bare(cls, folder: Path) -> Repository:
        """Rules and nothing to check."""
        folder.mkdir(exist_ok=True)
        return cls._with_rules(folder, CONFIG)

    @classmethod
    def _with_rules(cls, folder: Path, config: str) -> Repository:
        (folder / "policies").symlink_to(ROOT / "policies")
        (folder / "promote.yaml").write_text(config)
        return cls(folder)

    def keep_policies(self, *topics: str) -> None:
        """Have policies of its own, to change or to commit: rules of a few topics, which load faster than all."""
        (self.folder / "policies").unlink()
        for name in ("lib", "data", *topics):
            shutil.copytree(ROOT / "policies" / name, self.folder / "policies" / name, ignore=_TESTS)
        for file in ("main.rego", "evaluation.rego"):
            shutil.copy(ROOT / "policies" / file, self.folder / "policies")

    def write(self, path: str, content: str | bytes) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)

    def edit(self, path: str, old: str, new: str) -> None:
        text = (self.folder / path).read_text()
        assert text.count(old) == 1, f"{path}: {old!r} stands {text.count(old)} times"
        (self.folder / path).write_text(text.replace(old, new))

    def append(self, path: str, text: str) -> None:
        with (self.folder / path).open("a") as file:
            file.write(text)

    def line(self, path: str, text: str, above: int = 0) -> str:
        """`path:line` of the first line that holds `text`, or of one `above` it, as a source is written."""
        lines = (self.folder / path).read_text().splitlines()
        return f"{path}:{next(number for number, line in enumerate(lines, 1) if text in line) - above}"

    def check(
        self,
        *targets: str,
        only: tuple[str, ...] = (),
        profile: str | None = None,
        skip: tuple[str, ...] = (),
        **environment: str,
    ) -> Checked:
        return self.ask(Options(targets, only, profile, skip=skip), **environment)

    def ask(self, options: Options, **environment: str) -> Checked:
        with surroundings(self.folder, **environment):
            return Checked(check.run(options))


class Checked:
    """What a check found, by rule."""

    def __init__(self, result: Result) -> None:
        self.code = result.exit_code
        self.result = result
        self.json: dict[str, Any] = json.loads(json.dumps(result.json))

    @property
    def rules(self) -> set[str]:
        return {finding["rule"] for finding in self.json["findings"]}

    @property
    def places(self) -> set[tuple[str, str, str]]:
        """Every finding's rule, resource and source."""
        return {place for target in self.json["targets"] for place in self.places_in(target["name"])}

    def places_in(self, target: str) -> set[tuple[str, str, str]]:
        """The same of one target."""
        found = [one for one in self.json["findings"] if one["target"] == target]
        return {(one["rule"], _who(one["resource"]), _where(one["source"])) for one in found}

    def of(self, rule: str) -> list[dict[str, Any]]:
        return [finding for finding in self.json["findings"] if finding["rule"] == rule]


def _who(resource: Mapping[str, str]) -> str:
    return f"{resource['kind']}/{resource['name']}"


def _where(source: Mapping[str, Any] | None) -> str:
    return f"{source['file']}:{source['line']}" if source else ""


@contextlib.contextmanager
def surroundings(folder: Path, **environment: str) -> Iterator[None]:
    """Within `folder`, with a cache of the tests' own and nothing remembered of other programs."""
    tools.find.cache_clear()
    given = {**ENVIRONMENT, **environment}
    try:
        with contextlib.chdir(folder), mock.patch.dict(os.environ, given):
            yield
    finally:
        tools.find.cache_clear()


def wrap(folder: Path, name: str, script: str) -> str:
    """A folder of tools in which `name` is `script`, which finds the real one as "$real"."""
    folder.mkdir(exist_ok=True)
    for tool in tools.VERSIONS:
        (folder / tool).unlink(missing_ok=True)
        (folder / tool).symlink_to(TOOLS / tool)
    (folder / name).unlink()
    asks = " ".join(tools._ASK[name])
    # Promote starts its tools without a PATH.
    start = f"#!/bin/sh\nPATH=/usr/bin:/bin\nreal={quote(str(TOOLS / name))}\n"
    text = f'{start}[ "$*" = "{asks}" ] && exec "$real" "$@"\n{script}\n'
    (folder / name).write_text(text)
    (folder / name).chmod(stat.S_IRWXU)
    return str(folder)
