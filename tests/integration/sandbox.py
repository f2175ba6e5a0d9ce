"""A shared repository, clones of it and ways to run promote there: real Git, real tools, no network."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from promote.cli.main import main
from tests.defaults import DEFAULTS

REPOSITORY = Path(__file__).resolve().parents[2]
BRANCH = "promote/staging-to-production"
KUSTOMIZATION = "overlays/production/kustomization.yaml"
GIT = shutil.which("git") or "git"
_PERSON = {"NAME": "Test", "EMAIL": "test@example.com"}


def environment(folder: Path) -> dict[str, str]:
    """What every Git and promote of a test is started with."""
    people = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in _PERSON.items()}
    return people | {
        "GIT_CONFIG_GLOBAL": str(Path(__file__).with_name("gitconfig")),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_ALLOW_PROTOCOL": "file",
        "GIT_TERMINAL_PROMPT": "0",
        "HOME": str(folder),
        "PROMOTE_CACHE": str(folder / "cache"),
        "PROMOTE_TOOLS": str(REPOSITORY / ".tools/bin"),
        "PYTHONPATH": str(REPOSITORY),
        # Each process would compile promote again where its folder has no bytecode, or none may be written there.
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": str(folder / "bytecode"),
        "PYTHONWARNINGS": "error",
        "NO_PROXY": "127.0.0.1",
    }


@dataclass(frozen=True)
class Outcome:
    """What a run of promote left: exit code and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Clone:
    """A clone of the shared repository, and what is done in it."""

    root: Path
    env: Mapping[str, str] = field(repr=False)

    def git(self, *arguments: str, stdin: bytes | None = None) -> str:
        done = subprocess.run(
            [GIT, *arguments],
            cwd=self.root,
            env=os.environ | dict(self.env),
            input=stdin,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, (arguments, done.stderr)
        return done.stdout.decode().strip()

    def promote(
        self, *arguments: str, code: int = 0, cwd: Path | None = None, env: Mapping[str, str] | None = None
    ) -> Outcome:
        """Run promote in this process; its exit code must be `code`."""
        outcome = self.run(*arguments, cwd=cwd, env=env)
        assert outcome.code == code, outcome
        return outcome

    def run(self, *arguments: str, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> Outcome:
        """Run promote in this process, whatever its exit code."""
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, contextlib.chdir(cwd or self.root):
            for name, value in (dict(self.env) | dict(env or {})).items():
                patch.setenv(name, value)
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                left = main(list(arguments))
        return Outcome(left, out.getvalue(), err.getvalue())

    def start(self, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """Start promote as a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "promote", *arguments],
            cwd=self.root,
            env=os.environ | dict(self.env) | dict(env or {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def finish(self, *arguments: str, env: Mapping[str, str] | None = None) -> Outcome:
        """Run promote as a process of its own, to its end."""
        with self.start(*arguments, env=env) as child:
            try:
                out, err = child.communicate(timeout=60)
            except subprocess.TimeoutExpired:
                child.kill()  # left behind, it would fail the tests that follow
                raise
        return Outcome(child.returncode, out, err)

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def read(self, path: str) -> str:
        return (self.root / path).read_text(encoding="utf-8")

    def replace(self, path: str, old: str, new: str) -> None:
        text = self.read(path)
        assert old in text, (path, old)
        self.write(path, text.replace(old, new))

    def commit(self, message: str = "a change") -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "-m", message)
        return self.git("rev-parse", "HEAD")

    def publish(self, message: str = "a change") -> str:
        """Commit everything onto the newest shared branch, and push it."""
        made = self.commit(message)
        # Mostly nobody else has pushed, and then this is all.
        if self.git("ls-remote", "origin", "refs/heads/main").split()[0] != self.git("rev-parse", "HEAD^").strip():
            self.git("pull", "--quiet", "--rebase", "origin", "main")
            made = self.git("rev-parse", "HEAD")
        self.git("push", "--quiet", "origin", "main")
        return made

    def snapshot(self) -> dict[str, bytes]:
        """Every file of the clone but Git's objects: checkout, index, refs, config, HEAD, stash, logs."""
        files = (path for path in self.root.rglob("*") if path.is_file())
        return {
            name: path.read_bytes()
            for path in files
            if not (name := path.relative_to(self.root).as_posix()).startswith(".git/objects/")
        }


@dataclass(frozen=True)
class Sandbox(Clone):
    """The first clone, the shared repository beside it, and what can be seen there."""

    @property
    def origin(self) -> Path:
        return self.root.parent / "origin.git"

    def at_origin(self, *arguments: str) -> str:
        return self.git("--git-dir", str(self.origin), *arguments)

    def branches(self) -> dict[str, str]:
        lines = self.at_origin("for-each-ref", "--format=%(refname:lstrip=2) %(objectname)", "refs/heads")
        return dict(line.split(" ") for line in lines.splitlines())

    def tip(self, branch: str = "main") -> str:
        return self.at_origin("rev-parse", f"refs/heads/{branch}")

    def show(self, path: str = KUSTOMIZATION, branch: str = BRANCH) -> str:
        return self.at_origin("show", f"{branch}:{path}") + "\n"

    def pulls(self) -> dict[int, dict[str, Any]]:
        """The local forge's records, as they are stored."""
        if not self.at_origin("for-each-ref", "refs/promote/pulls"):
            return {}
        names = self.at_origin("ls-tree", "--name-only", "refs/promote/pulls").split()
        found = [json.loads(self.at_origin("show", f"refs/promote/pulls:{name}")) for name in names]
        return {pull["number"]: pull for pull in found}

    def clone(self, name: str, *options: str) -> Clone:
        self.git("clone", "--quiet", *options, self.origin.as_uri(), str(self.root.parent / name))
        return Clone(self.root.parent / name, self.env)

    def stage(self, service: str, old: str, new: str) -> str:
        """Another version of one service reaches staging."""
        self.replace(
            "overlays/staging/kustomization.yaml",
            f'{service}\n    newTag: "{old}"',
            f'{service}\n    newTag: "{new}"',
        )
        return self.publish(f"stage {service} {new}")


def create(folder: Path, env: Mapping[str, str]) -> None:
    """Turn `folder`/clone into a clone of a new, bare `folder`/origin.git that holds its files.

    Every test copies both, and deletes the copies: all objects are in one file, and there are no examples of hooks.
    """
    clone, origin = Clone(folder / "clone", env), str(folder / "origin.git")
    clone.git("init", "--quiet", "--initial-branch=main", "--template=")
    clone.git("init", "--quiet", "--bare", "--initial-branch=main", "--template=", origin)
    clone.git("remote", "add", "origin", origin)
    clone.commit("everything")
    clone.git("push", "--quiet", "--set-upstream", "origin", "main")
    for repository in (clone.root / ".git", Path(origin)):
        (repository / "hooks").mkdir()
        clone.git("--git-dir", str(repository), "repack", "-a", "-d", "--quiet")


def copy(template: Path, folder: Path, env: Mapping[str, str]) -> Sandbox:
    """A copy of what `create` made, for one test to change."""
    shutil.copytree(template, folder, symlinks=True)
    clone = Sandbox(folder / "clone", env)
    clone.git("remote", "set-url", "origin", str(folder / "origin.git"))
    clone.git("update-index", "--refresh")
    return clone


def copy_repository(folder: Path) -> None:
    """This repository's manifests and rules, whose production is two services behind its staging."""
    for name in ("base", "components", "overlays", "policies"):
        shutil.copytree(DEFAULTS / name, folder / name)
    # The schemas of custom resources are installed, not copied: they stay where they are.
    text = (REPOSITORY / "promote.yaml").read_text(encoding="utf-8")
    here = f"schemas: ['{REPOSITORY}/.tools/schemas', '{REPOSITORY}/tools/schemas']"
    (folder / "promote.yaml").write_text(text.replace("schemas: [.tools/schemas, tools/schemas]", here))


TINY = {
    "promote.yaml": """\
environments:
  staging: {path: overlays/staging}
  production: {path: overlays/production}
kubernetes: ["1.36"]
""",
    "base/kustomization.yaml": "resources: [deployments.yaml]\n",
    "base/deployments.yaml": "".join(
        f"""\
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      containers: [{{name: {name}, image: shop/{name}}}]
"""
        for name in ("api", "web")
    ),
}


def tiny_overlay(environment: str, api: str, web: str) -> str:
    return f"""\
namespace: shop-{environment}
resources: [../../base]
images:
  - name: shop/api
    newTag: "{api}"  # the API
  - name: shop/web
    newTag: "{web}"
"""


def write_tiny(folder: Path) -> None:
    """Two services in two environments, and one rule: quick where the verdict is not what a test is about."""
    files = TINY | {
        "overlays/staging/kustomization.yaml": tiny_overlay("staging", "1.2.0", "2.1.0"),
        "overlays/production/kustomization.yaml": tiny_overlay("production", "1.1.0", "2.0.0"),
    }
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    policies = REPOSITORY / "policies"
    needed = ["main.rego", "evaluation.rego", "images/tag.rego"]
    needed += [f"lib/{path.name}" for path in (policies / "lib").glob("*.rego") if "_test" not in path.name]
    needed += [f"data/{path.name}" for path in (policies / "data").iterdir()]
    for name in needed:
        (folder / "policies" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(policies / name, folder / "policies" / name)


SHIM = """\
#!/bin/sh
# Stands before Git on PATH: writes each call down, and does what SHIM_… asks for at some of them.
printf '%s\\n' "$*" >> "$SHIM_LOG"
number=$(grep -c '' "$SHIM_LOG")
if [ "${SHIM_KILL_AT:-0}" = "$number" ]; then kill -9 $PPID; exit 1; fi
case "$*" in
  *" ${SHIM_STEP:-none} "*) PROMOTE=$PPID PATH=$SHIM_PATH sh "$SHIM_SCRIPT" >> "$SHIM_LOG.script" 2>&1 || exit 99 ;;
esac
case " $* " in
  *" ${SHIM_LAST:-none} "*) "$SHIM_GIT" "$@"; kill -9 $PPID; exit 1 ;;
esac
if [ "${SHIM_KILL_AFTER:-0}" = "$number" ]; then "$SHIM_GIT" "$@"; kill -9 $PPID; exit 1; fi
exec "$SHIM_GIT" "$@"
"""


@dataclass(frozen=True)
class Shim:
    """A `git` that a process of promote finds first."""

    folder: Path

    @property
    def env(self) -> dict[str, str]:
        path = os.environ["PATH"]
        log = self.folder / "log"
        log.unlink(missing_ok=True)
        return {"PATH": f"{self.folder}:{path}", "SHIM_PATH": path, "SHIM_GIT": GIT, "SHIM_LOG": str(log)}

    @property
    def calls(self) -> list[str]:
        return (self.folder / "log").read_text(encoding="utf-8").splitlines()

    def killing(self, moment: str, number: int) -> dict[str, str]:
        """End promote, as `kill -9` does, "AT" its call of this number, before Git starts, or "AFTER" it."""
        return self.env | {f"SHIM_KILL_{moment}": str(number)}

    def killing_after(self, step: str) -> dict[str, str]:
        """End promote, as `kill -9` does, when its first `git step` is done and before it hears of that."""
        return self.env | {"SHIM_LAST": step}

    def before_each(self, step: str, script: str) -> dict[str, str]:
        """Run a shell script, in which somebody else acts, before each `git step` of the process $PROMOTE."""
        (self.folder / "script").write_text(f"set -eu\n{script}\n", encoding="utf-8")
        return self.env | {"SHIM_STEP": step, "SHIM_SCRIPT": str(self.folder / "script")}


def shim(folder: Path) -> Shim:
    folder.mkdir()
    (folder / "git").write_text(SHIM, encoding="utf-8")
    (folder / "git").chmod(0o755)
    return Shim(folder)
