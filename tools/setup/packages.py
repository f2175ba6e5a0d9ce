"""Python packages: those of `.venv`, the `promote` command itself, and some in folders of their own."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from tools.setup.work import BASE_PYTHON, SetupFailed, Step, Workplace, fingerprint, replace_folder


def packages_step(root: Path) -> Step:
    """`.venv` with the locked packages."""
    venv = root / ".venv"
    lock = root / "tools" / "requirements.txt"
    return Step(
        does="install the Python packages into .venv",
        first_time="about a minute",
        # A virtual environment holds absolute paths: a moved checkout needs a new one.
        key=fingerprint(lock, sys.version, BASE_PYTHON, str(root)),
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
        lock = work.root / "tools" / "requirements.txt"
        pip(work, "install the Python packages of tools/requirements.txt", "-r", lock)
    except BaseException:
        shutil.rmtree(venv, ignore_errors=True)
        raise


def pip(work: Workplace, task: str, *arguments: str | Path) -> None:
    """Install with hashes checked, from wherever pip is configured to look."""
    work.run(
        [work.python, "-I", "-m", "pip", "install", "--quiet", "--no-input", "--require-hashes", *arguments],
        task=task,
        advice="Nothing half-made is left. Check the network, and the index that pip is configured to use\n"
        "(`pip config list`, the PIP_… variables); then run the same command again.",
    )


def unpacked_step(root: Path, name: str, what: str, result: str, first_time: str, *options: str) -> Step:
    """Locked packages in a folder below `.tools`, where their versions do not hold those of `.venv` back."""
    lock = root / "tools" / f"requirements-{name}.txt"
    folder = root / ".tools" / name

    def unpack(work: Workplace) -> None:
        with work.building() as building:
            task = f"install {what} (tools/{lock.name})"
            pip(work, task, *options, "--target", building / name, "-r", lock)
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
    return unpacked_step(root, "nca", "network-config-analyzer", "nca/__init__.py", "a few seconds", "--no-deps")


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
