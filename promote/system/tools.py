"""Finds the programs that promote runs, its own before those on PATH, and checks their versions."""

from __future__ import annotations

import math
import os
import re
import shutil
import sys
from collections.abc import Iterable, Sequence
from functools import cache as once
from pathlib import Path

from promote.errors import TimedOut, ToolError
from promote.system import cache, process, scratch
from promote.system.landlock import Access
from promote.system.process import Exactly

# Where a wheel has the programs; in a checkout they are where `make setup` builds them.
_PACKAGE = Path(__file__).resolve().parents[1]
_PLACES = (_PACKAGE / "bin", _PACKAGE.parent / ".tools" / "bin")

# This code relies on the behaviour of these versions; tools/promote-tools/go.mod pins the same.
VERSIONS = {"kustomize": "5.8.1", "kubeconform": "0.7.0", "conftest": "0.69.0"}
# kustomize starts it, where promote.yaml allows charts; tools/helm-tools/go.mod pins the same.
HELM = {"helm": "4.3.2"}
_ASK: dict[str, Sequence[str]] = {
    "kustomize": ("version",),
    "kubeconform": ("-v",),
    "conftest": ("--version",),
    "helm": ("version", "--short"),
}

# These programs run for about a second: less frequent garbage collection saves a quarter of their work.
LAZY_COLLECTOR = {"GOGC": "400"}
# MiB from which on they collect garbage often, so that a check of thousands of documents needs less than 500 MB.
_EAGER_FROM = {"kustomize": 200, "kubeconform": 60, "conftest": 260, "helm": 200}
# MiB that each of them may reserve at most; it uses about 80 MiB less.
_MOST = 440
_FULL = re.compile(rb"out of memory|cannot allocate memory|failed to (allocate|reserve|create new OS thread)")
# The start of a crash message of Go's runtime, which has many forms if no memory is left.
_CRASH = re.compile(r"^(?:fatal|fatal error|panic|runtime|SIG[A-Z]+): .*", re.MULTILINE)
_LESS = "check fewer targets at once, or parts of one"
# They find no program, such as git, and no file of the user. Debian and others keep this name free.
_NOWHERE = "/nonexistent"
# conftest looks for plugins in XDG_DATA_HOME, and fails if the folder cannot be determined.
_OWN = {"PATH": _NOWHERE, "HOME": _NOWHERE, "XDG_DATA_HOME": _NOWHERE, "XDG_CONFIG_HOME": _NOWHERE, "LC_ALL": "C"}
_ELF = b"\x7fELF"
_GROUP = "0::"  # before the path of a control group of version 2
# What they get of the user's environment.
_PASSED = ("GOGC", "GOMEMLIMIT", "GOMAXPROCS")


def run(
    name: str,
    *arguments: str | Path,
    reads: Iterable[Path] = (),
    starts: Iterable[Path] = (),
    cwd: Path | None = None,
) -> process.Completed:
    """Run the program `name` to its end; the caller evaluates the exit code.

    Where the kernel can enforce it, the program opens nothing but the files and folders `reads` and its own folder
    for temporary files, and runs nothing but the programs `starts`. Raises ToolError if it takes too long or, on
    Linux, too much memory.
    """
    try:
        alone = Exactly(_environment(name), _without_network(), _access(find(name), reads, starts))
        done = process.run([find(name), *arguments], cwd=cwd, memory=_MOST << 20, exactly=alone)
    except TimedOut as error:
        raise TimedOut(f"{error}: {_LESS}") from None
    if done.code and _FULL.search(done.stderr):
        raise ToolError(f"{name} needs more than {_MOST} MiB for these objects and their findings: {_LESS}")
    if done.code not in (0, 1) and (crash := _CRASH.search(done.error)):
        raise ToolError(
            f"{name} crashed ({crash[0]}), probably because these objects need more than {_MOST} MiB: {_LESS}"
        )
    return done


def _environment(name: str) -> dict[str, str]:
    chosen = LAZY_COLLECTOR | {"GOMEMLIMIT": f"{_EAGER_FROM[name]}MiB"}
    # Values that the user has set have precedence.
    chosen["TMPDIR"] = str(scratch.for_programs())
    if most := _processors():
        chosen["GOMAXPROCS"] = str(most)
    return _OWN | chosen | {key: os.environ[key] for key in _PASSED if key in os.environ}


@once
def _unshare() -> str | None:
    return shutil.which("unshare", path=os.defpath) if sys.platform == "linux" else None


@once
def _without_network() -> tuple[str, ...]:
    """The start of a command whose program has no network; empty where the kernel or the user's rights forbid it."""
    program = _unshare()
    if program is None:
        return ()
    # Without a map of users, for which it would have to write to /proc.
    start = (program, "--user", "--net", "--")
    alone = Exactly(_OWN, access=_access(Path(program), (), ()))
    done = process.run([*start, program, "--version"], exactly=alone, timeout=30)
    return start if done.code == 0 else ()


def _access(program: Path, reads: Iterable[Path], starts: Iterable[Path]) -> Access | None:
    """What a program may open; None where one of them is a script, whose interpreter and programs are not known."""
    runs = [program, *starts]
    if not all(map(_is_binary, runs)):
        return None
    first = _unshare()
    return Access(reads, [*runs, *([Path(first)] if first else [])], [scratch.for_programs()])


@once
def _is_binary(program: Path) -> bool:
    with program.open("rb") as file:
        return file.read(len(_ELF)) == _ELF


@once
def _processors() -> int | None:
    """The processors of this process's control group, if it has a limit; Go's runtime may not look it up itself."""
    try:
        groups = Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines()
        path = next(line.removeprefix(_GROUP) for line in groups if line.startswith(_GROUP))
        quota, period = Path(f"/sys/fs/cgroup{path}/cpu.max").read_text(encoding="utf-8").split()
        most = math.ceil(int(quota) / int(period))  # quota may be `max`
    except (OSError, ValueError, StopIteration):
        return None
    return min(max(most, 2), len(os.sched_getaffinity(0)))  # as Go's runtime computes it


@once
def find(name: str) -> Path:
    """The path of the program `name` in the version that promote needs; raises ToolError otherwise."""
    wanted = (VERSIONS | HELM)[name]
    path = _locate(name)
    if path is None:
        raise ToolError(f"{name} {wanted} is not installed: {_remedy(name)}, or put it on PATH")
    details = path.stat()
    seen = cache.key(str(path), str(details.st_size), str(details.st_mtime_ns), wanted)
    if not cache.remembered(seen):
        _insist(name, path, wanted)
        cache.remember(seen)
    return path


def identity(name: str) -> str:
    """What changes whenever the program `name` is replaced; raises ToolError as `find` does."""
    path = find(name)
    details = path.stat()
    parts = (details.st_dev, details.st_ino, details.st_size, details.st_mtime_ns, details.st_ctime_ns)
    return ":".join([str(path), *map(str, parts)])


def _remedy(name: str) -> str:
    # Only a checkout has a Makefile.
    is_checkout = (_PACKAGE.parent / "Makefile").is_file()
    target = "helm" if name in HELM else "setup"
    return f"run `make {target}`" if is_checkout else "install the package gitops-promote, which contains it"


def _locate(name: str) -> Path | None:
    given = os.environ.get("PROMOTE_TOOLS")
    places = [given] if given else [str(folder) for folder in _PLACES]
    found = next((path for place in places if (path := shutil.which(name, path=place))), None)
    found = found or shutil.which(name, path=process.search_path())
    return Path(found) if found else None


def _insist(name: str, path: Path, wanted: str) -> None:
    answer = process.run([path, *_ASK[name]], exactly=Exactly(_environment(name)), timeout=30)
    words = (answer.text + " " + answer.error).replace(":", " ").split()
    if not any(word.removeprefix("v").partition("+")[0] == wanted for word in words):
        found = " ".join(words[:4]) or "nothing"
        raise ToolError(
            f"{path} is not {name} {wanted} (it reports: {found}): "
            f"unset PROMOTE_TOOLS, {_remedy(name)}, or put that version first on PATH"
        )
