"""A throw-away origin with a clone of this repository's environments; nothing outside of its folder changes."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from promote.forge.local import REF as PULLS
from promote.repository import config, holds
from promote.versions.images import read_images

ROOT = Path(__file__).resolve().parent.parent
# What the environments are made of. Not holds.yaml: a hold of the real environments would stop a sandbox's.
_COPIED = ("base", "components", "overlays", "policies", "delivery",
           "promote.yaml", "kustomization.yaml", "conftest.toml")  # fmt: skip
_MARK = ".made-anew-each-time"
_KEPT = ("PROMOTE_TOOLS", "PROMOTE_CACHE")  # where programs are; every other PROMOTE_… would change what promote does
_TIMEOUT = 120  # seconds for one command
# Plays a machine that fails at the worst moment: promote has pushed its branch and opened no pull request yet.
_CUT = """\
#!/bin/sh
{git} "$@"
code=$?
case " $* " in *" push "*) [ $code = 0 ] && kill -KILL $PPID ;; esac
exit $code
"""


class Broken(Exception):
    """Something did not do what it should."""


class NotOurs(Exception):
    """The folder holds something that no sandbox has left there."""


@dataclass(frozen=True, slots=True)
class Ran:
    """A finished command: its exit code, negative for the signal that ended it, and what it printed."""

    code: int
    output: str
    error: str

    @property
    def lines(self) -> list[str]:
        """All that a terminal would have shown."""
        return (self.output + self.error).splitlines()


class Sandbox:
    """A bare repository `origin.git`, and the clone `mediq` in which commands run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.origin = folder / "origin.git"
        self.clone = folder / "mediq"
        self._cut = folder / "cut"
        self._temporary = folder / "tmp"
        self._environment = _environment() | {"TMPDIR": str(self._temporary)}

    @classmethod
    def make(cls, folder: Path) -> Sandbox:
        """Make the sandbox in `folder`, anew where one is; raises NotOurs rather than remove anything else."""
        if folder.exists() and any(folder.iterdir()) and not (folder / _MARK).exists():
            raise NotOurs(f"{folder} is not empty and no sandbox: choose another folder")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / _MARK).touch()
        sandbox = cls(folder)
        sandbox._fill()
        return sandbox

    def promote(self, *arguments: str, cut: bool = False) -> Ran:
        """Run this repository's promote in the clone; with `cut` it is killed right after its first push."""
        path = os.pathsep.join([str(self._cut), self._environment["PATH"]])
        return self._run([sys.executable, "-P", "-m", "promote", *arguments], {"PATH": path} if cut else {})

    def ask(self, *arguments: str) -> Any:
        """What promote answers in JSON; raises Broken where it answers nothing."""
        done = self.promote(*arguments, "--output", "json")
        try:
            return json.loads(done.output)
        except json.JSONDecodeError:
            raise Broken(f"`promote {' '.join(arguments)}` left with {done.code}: {done.error.strip()}") from None

    def git(self, *arguments: str) -> Ran:
        """Run git in the clone."""
        return self._run(["git", *arguments])

    def read(self, *arguments: str) -> str:
        """What git says; raises Broken where it fails."""
        done = self.git(*arguments)
        if done.code != 0:
            raise Broken(f"`git {' '.join(arguments)}` left with {done.code}: {done.error.strip()}")
        return done.output.strip()

    def edit(self, path: str, old: str, new: str) -> str:
        """Replace `old` by `new` once in a file of the clone, which has to have it; returns its text then."""
        file = self.clone / path
        text = file.read_text(encoding="utf-8") if file.is_file() else ""
        if old not in text:
            raise Broken(f"{path} has no {old.strip()!r}")
        edited = text.replace(old, new, 1)
        file.write_text(edited, encoding="utf-8")
        return edited

    def shared(self, *arguments: str) -> str:
        """What git says in the origin: the facts that everybody else would see."""
        return self.read("--git-dir", str(self.origin), *arguments)

    @property
    def tip(self) -> str:
        """Where the shared branch is."""
        return self.shared("rev-parse", "HEAD")

    @property
    def refs(self) -> str:
        """Every ref of the origin with its hash: two equal answers mean that nothing was pushed between them."""
        return self.shared("for-each-ref", "--format=%(refname) %(objectname)")

    @property
    def clean(self) -> bool:
        """Whether the checkout is as it was committed."""
        return self.read("status", "--porcelain") == ""

    def files_since(self, commit: str) -> list[str]:
        """The files in which the shared branch differs from `commit`."""
        return self.shared("diff", "--name-only", commit, "HEAD").splitlines()

    def commits_since(self, commit: str, branch: str = "HEAD") -> int:
        """How many commits a shared branch is ahead of `commit`, a merge and what it merged being one."""
        return int(self.shared("rev-list", "--count", "--first-parent", f"{commit}..{branch}"))

    def version(self, environment: str, service: str, commit: str = "HEAD") -> str:
        """The version that the shared branch has, or had at `commit`; raises Broken when it has none."""
        path = config.kustomization_file(self.clone, config.load(self.clone).environments[environment])
        images = read_images(self.shared("show", f"{commit}:{path}").encode(), path)
        for image in images:
            if image.short_name == service:
                return str(image.version)
        raise Broken(f"{path} has no image called {service}")

    @property
    def open_pulls(self) -> list[int]:
        """The numbers of the open pull requests, from the ref that holds them in the origin."""
        files = self.git("--git-dir", str(self.origin), "ls-tree", "--name-only", PULLS).output.split()
        pulls = [json.loads(self.shared("show", f"{PULLS}:{file}")) for file in files]
        return [pull["number"] for pull in pulls if pull["state"] == "open"]

    @property
    def held(self) -> list[str]:
        """The versions that holds.yaml of the shared branch names."""
        done = self.git("--git-dir", str(self.origin), "show", f"HEAD:{holds.FILE_NAME}")
        return [str(hold.version) for hold in holds.read(done.output.encode())]

    def _run(self, command: list[str], extra: dict[str, str] | None = None) -> Ran:
        done = subprocess.run(
            command,
            cwd=self.clone,
            env=self._environment | (extra or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT,
            check=False,
        )
        return Ran(done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"))

    def _fill(self) -> None:
        self._temporary.mkdir()
        self.clone.mkdir()
        _copy_environments(self.clone)
        here = config.load(self.clone)
        if here.forge not in ("auto", "local"):
            _keep_pull_requests_here(self.clone / config.FILE_NAME)
        self.read("init", "--quiet", "--bare", f"--initial-branch={here.branch}", str(self.origin))
        self.read("init", "--quiet", f"--initial-branch={here.branch}")
        (self.clone / ".git/info/exclude").write_text("/.tools\n")
        self.read("add", "--all")
        self.read("commit", "--quiet", "--message", "start with the environments as they are")
        self.read("remote", "add", here.remote, str(self.origin))
        self.read("push", "--quiet", "--set-upstream", here.remote, here.branch)
        self._make_cut()

    def _make_cut(self) -> None:
        self._cut.mkdir()
        wrapper = self._cut / "git"
        wrapper.write_text(_CUT.format(git=shlex.quote(shutil.which("git") or "git")))
        wrapper.chmod(0o755)


def _environment() -> dict[str, str]:
    """Ours, without what would lead Git or promote elsewhere, and with an identity for commits."""
    ours = os.environ.items()
    kept = {name: value for name, value in ours if name in _KEPT or not name.startswith(("GIT_", "PROMOTE_"))}
    who = {"NAME": "MediQ demo", "EMAIL": "demo@mediq.invalid"}
    identity = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in who.items()}
    return kept | identity | {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_ALLOW_PROTOCOL": "file",
        "PYTHONPATH": str(ROOT),
        "PYTHONUTF8": "1",
    }  # fmt: skip


def _copy_environments(target: Path) -> None:
    for name in _COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name, symlinks=True)
        elif source.exists():
            shutil.copy(source, target / name)
    # Schemas of custom resources are installed there, beside the programs.
    if (ROOT / ".tools").exists():
        (target / ".tools").symlink_to(ROOT / ".tools")


def _keep_pull_requests_here(file: Path) -> None:
    """Whatever forge promote.yaml names, a sandbox opens no pull request there."""
    editor = YAML()
    content = editor.load(file)
    content["forge"]["kind"] = "local"
    editor.dump(content, file)
