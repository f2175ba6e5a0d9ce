"""Where tokens are, by observation: every program that a promotion starts, and every file that it leaves."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from promote.system import tools
from tests.hostile.harness import ROOT, TOKENS, Hostile
from tests.hostile.test_charts import CHART, CHARTS, SETTINGS
from tests.hostile.test_references import PRODUCTION, STAGING, START

# Git's own helpers answer for these, and may need what the user has set.
REMOTE = {"ls-remote", "fetch", "push"}
RECORDER = """\
#!/bin/sh
{{ /usr/bin/printf '%s\\0' "$0" "$@"; /usr/bin/printf '\\1'; /usr/bin/env -0; /usr/bin/printf '\\2'; }} >> {log}.$$
exec {real} "$@"
"""


class Started(NamedTuple):
    """One program that was started: its arguments, the program itself first, and its environment."""

    arguments: list[str]
    environment: dict[str, str]

    @property
    def program(self) -> str:
        return Path(self.arguments[0]).name


def recorders(folder: Path) -> dict[str, str]:
    """The environment in which git and the tools are programs that write down how they are started."""
    (folder / "bin").mkdir()
    for name in ("git", *tools.VERSIONS, *tools.HELM):
        real = shutil.which(name) if name == "git" else ROOT / ".tools/bin" / name
        file = folder / "bin" / name
        file.write_text(RECORDER.format(log=folder / "log", real=real))
        file.chmod(0o755)
    return {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "PROMOTE_TOOLS": str(folder / "bin")}


def started(folder: Path) -> Iterator[Started]:
    for file in folder.glob("log.*"):
        for record in file.read_text().split("\2")[:-1]:
            arguments, _, environment = record.partition("\1")
            pairs = (entry.partition("=")[::2] for entry in environment.split("\0") if entry)
            yield Started(arguments.split("\0")[:-1], dict(pairs))


def written(hostile: Hostile) -> Iterator[tuple[str, bytes]]:
    """Every file around the repository and in it, and the objects of Git as they are before they are packed."""
    for path in hostile.folder.rglob("*"):
        if path.is_file():
            yield str(path), path.read_bytes()
    for root in (hostile.root, hostile.origin):
        yield f"objects of {root}", os.fsencode(hostile.git("cat-file", "--batch-all-objects", "--batch", cwd=root))


def test_tokens_stay_with_promote_and_what_git_asks_a_remote_for(
    hostile: Hostile, hostile_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("recorded")
    env = recorders(folder)
    charts = dict.fromkeys((STAGING, PRODUCTION), START + CHARTS)
    hostile.commit({"promote.yaml": SETTINGS} | CHART | charts)
    hostile.commit({STAGING: charts[STAGING].replace("1.0", "1.1", 1)})
    for command in (
        "check",
        "staging production",
        "merge 1",
        "rollback production --all",
        "bump staging web=3 --commit",
    ):
        hostile.runs(*command.split(), code=0, env=env)
    seen = list(started(folder))
    # Each of them was seen, so that nothing is proved of nothing.
    assert {one.program for one in seen} == {"git", *tools.VERSIONS, *tools.HELM}
    assert [one for one in seen if one.program == "git" and "push" in one.arguments]
    for one in seen:
        held = [token for token in TOKENS.values() if token in "\0".join(one.environment.values())]
        assert held == [] or (one.program == "git" and REMOTE & set(one.arguments)), one
        assert [token for token in TOKENS.values() if token in "\0".join(one.arguments)] == []
        if one.program != "git":
            given = {"PWD", "SHLVL", "_", "TMPDIR", "GOGC", "GOMEMLIMIT", "GOMAXPROCS", *tools._OWN}
            given |= {"HELM_CONFIG_HOME", "HELM_CACHE_HOME", "HELM_DATA_HOME"} if one.program == "helm" else set()
            assert one.environment.keys() <= given, one
            assert (one.environment["PATH"], one.environment["HOME"]) == (tools._NOWHERE, tools._NOWHERE)
    files = [
        *written(hostile),
        *((str(path), path.read_bytes()) for path in hostile_cache.rglob("*") if path.is_file()),
    ]
    assert [name for name, data in files if any(token.encode() in data for token in TOKENS.values())] == []
