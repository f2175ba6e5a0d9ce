"""Whether a folder holds the packages that a lock lists, no others, and everything that they need.

`python -I complete.py LOCK [FOLDER]` is run by the Python that the folder is for; without one, it is its own folder.
Pip installs from a lock without a resolver, so nothing else notices a lock that lacks a package: `pip check` looks at
neither the lock nor a folder other than that of its own Python.
"""

from __future__ import annotations

import argparse
import re
import sys
import sysconfig
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import distributions
from pathlib import Path
from typing import NamedTuple

# The copy that every pip carries: a folder that lacks a package cannot be asked with the help of a package in it.
from pip._vendor.packaging.requirements import Requirement

Environment = Mapping[str, str]


class Package(NamedTuple):
    """An installed package, and what its metadata says that it needs."""

    version: str
    needs: Sequence[str]


def name_of(text: str) -> str:
    """A package's name in the one form in which names are compared."""
    return re.sub(r"[-_.]+", "-", text).lower()


def installed(folder: Path) -> dict[str, Package]:
    """The packages in a folder."""
    found = distributions(path=[str(folder)])
    return {name_of(each.metadata["Name"]): Package(each.version, tuple(each.requires or ())) for each in found}


def locked(lock: str, environment: Environment) -> dict[str, str]:
    """The packages that a lock lists for a Python, and their versions."""
    lines = [line.rstrip("\\ ") for line in lock.splitlines() if line and line[0] not in " #"]
    pins = [each for each in map(Requirement, lines) if applies(each, "", environment)]
    return {name_of(each.name): str(each.specifier).removeprefix("==") for each in pins}


def applies(requirement: Requirement, extra: str, environment: Environment) -> bool:
    """Whether something is needed by a Python, where an extra is asked for."""
    return requirement.marker is None or bool(requirement.marker.evaluate({**environment, "extra": extra}))


def differences(packages: Mapping[str, Package], pins: Mapping[str, str], others: Iterable[str]) -> list[str]:
    """How installed packages differ from those of a lock, except for others that may be there."""
    missing = [f"{name} {pins[name]} is locked and not installed" for name in pins.keys() - packages.keys()]
    extra = packages.keys() - pins.keys() - set(others)
    unlocked = [f"{name} {packages[name].version} is installed and not locked" for name in extra]
    changed = [
        f"{name} {pins[name]} is locked and {packages[name].version} is installed"
        for name in pins.keys() & packages.keys()
        if pins[name] != packages[name].version
    ]
    return sorted(missing + unlocked + changed)


def gaps(packages: Mapping[str, Package], pins: Mapping[str, str], environment: Environment) -> list[tuple[str, str]]:
    """Each package with a need that no pin meets, also of extras that another package asks for."""
    found = set()
    waiting = [(name, "") for name in packages]
    seen = set(waiting)
    while waiting:
        name, extra = waiting.pop()
        for need in map(Requirement, packages[name].needs):
            if not applies(need, extra, environment):
                continue
            other = name_of(need.name)
            if other not in pins or not need.specifier.contains(pins[other], prereleases=True):
                found.add((name, str(need).partition(";")[0].strip()))
            more = {(other, name_of(wanted)) for wanted in need.extras if other in packages} - seen
            seen |= more
            waiting += more
    return sorted(found)


def allowed(gap: tuple[str, str], left_out: Iterable[str]) -> bool:
    """Whether a gap is one that `left_out` declares, as `package:need`."""
    package, need = gap
    return f"{package}:{name_of(Requirement(need).name)}" in left_out


def main() -> int:
    """Print what is wrong; 1 where anything is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lock", type=Path)
    parser.add_argument("folder", type=Path, nargs="?", default=Path(sysconfig.get_path("purelib")))
    parser.add_argument("--others", nargs="*", default=(), help="packages that may be there, too")
    parser.add_argument("--left-out", nargs="*", default=(), help="what a package says it needs and does not")
    given = parser.parse_args()
    packages, pins = installed(given.folder), locked(given.lock.read_text(encoding="utf-8"), {})
    faults = differences(packages, pins, given.others)
    found = [gap for gap in gaps(packages, pins, {}) if not allowed(gap, given.left_out)]
    faults += [f"{package} needs {need}, which is not locked" for package, need in found]
    print(*faults, sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
