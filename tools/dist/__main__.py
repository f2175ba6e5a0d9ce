"""Build what is released into `dist/`: a wheel for each platform, the source, constraints, bills of materials, checksums.

Whoever builds the same commit gets the same bytes. `--here` builds the wheel of this machine's platform alone, with the
programs that `make setup` has built, and downloads what it needs to be installed without a network.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from pip._vendor.packaging.version import InvalidVersion, Version

from tools.dist import bill, dependencies, platforms, wheels
from tools.dist.platforms import Platform
from tools.setup.groups import before, locked
from tools.setup.work import SetupFailed, Workplace

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: Sequence[str] | None = None) -> int:
    """Build, print the checksums, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.dist", description="Build what is released.")
    parser.add_argument("--here", action="store_true", help="only the wheel for this machine")
    parser.add_argument("--version", default=wheels.version_of(ROOT), help="the version (that of the checkout)")
    parser.add_argument("--output", type=Path, default=ROOT / "dist", help="the folder (dist)")
    given = parser.parse_args(arguments)
    try:
        version = str(Version(given.version))
    except InvalidVersion:
        parser.error(f"'{given.version}' is not a version of a Python package: tag v1.2.3 for the version 1.2.3")
    shutil.rmtree(given.output, ignore_errors=True)
    given.output.mkdir(parents=True)
    try:
        with locked(ROOT) as lock:
            work = Workplace(ROOT, lock)
            build(work, version, given.output.resolve(), here=given.here)
            if given.here and not (step := dependencies.wheels_step(ROOT)).done():
                step.perform(work)
    except SetupFailed as error:
        print(f"\ndist: {error}", file=sys.stderr)
        return 1
    checksums(given.output)
    return 0


def build(work: Workplace, version: str, target: Path, *, here: bool) -> None:
    """Build the wheels, each with its bill of materials, and name the versions of what is installed along with them."""
    when = datetime.fromtimestamp(int(wheels.environment()["SOURCE_DATE_EPOCH"]), UTC)
    needed = dependencies.packages(work.root)
    constraints = "".join(f"{name}=={number}\n" for name, number in needed.items())
    (target / "constraints.txt").write_text(constraints, encoding="utf-8")
    with wheels.source(work, version, target) as unpacked:
        for one in [platforms.here()] if here else platforms.PLATFORMS:
            programs = work.tools / "bin" if here else programs_for(work, one)
            wheel, contents = wheels.wheel(work, unpacked, one, programs, target)
            text = bill.bill(wheel.name, version, when, contents, needed)
            wheel.with_suffix(".cdx.json").write_text(text, encoding="utf-8")


def programs_for(work: Workplace, one: Platform) -> Path:
    """The folder with the programs for a platform, which are built if they are not there."""
    for module in platforms.MODULES:
        step = platforms.programs_step(work.root, one, module)
        for each in [*before(work.root, step), step] if not step.done() else ():
            each.perform(work)
    return platforms.folder_of(work.root, one)


def checksums(folder: Path) -> None:
    """Write and print the SHA-256 of every file, as `sha256sum --check` reads them."""
    files = sorted(path for path in folder.iterdir() if path.is_file())
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files]
    (folder / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")
    print(*lines, sep="", end="")


if __name__ == "__main__":
    raise SystemExit(main())
