"""The Python packages that are installed along with promote, as the lock pins them."""

from __future__ import annotations

import re
import sysconfig
import tomllib
from pathlib import Path

from pip._vendor.packaging.requirements import Requirement

from tools.setup.complete import applies, installed, locked, name_of
from tools.setup.packages import requirements
from tools.setup.work import Step, Workplace, fingerprint, replace_folder

# A package in a lock: its line, and the lines with its hashes.
_ENTRY = re.compile(r"^(?P<name>[\w.-]+)==.*\n(?:    --hash=.*\n?)*", re.MULTILINE)


def packages(root: Path) -> dict[str, str]:
    """Every package that promote needs, directly or through others, and its locked version."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    known = installed(Path(sysconfig.get_path("purelib")))
    pins = locked(requirements(root).read_text(encoding="utf-8"), {})
    waiting = [(Requirement(one), "") for one in project["dependencies"]]
    seen: set[tuple[str, str]] = set()
    while waiting:
        need, asked_by = waiting.pop()
        name = name_of(need.name)
        # A package is asked for as it is, and once more for each of its extras.
        for extra in ("", *need.extras) if applies(need, asked_by, {}) else ():
            if (name, extra) not in seen:
                seen.add((name, extra))
                waiting += [(Requirement(one), extra) for one in known[name].needs]
    return {name: pins[name] for name in sorted({name for name, _ in seen})}


def wheels_step(root: Path) -> Step:
    """Their wheels in `.tools/wheels`, from which pip installs without a network."""
    names = packages(root)
    text = requirements(root).read_text(encoding="utf-8")
    lines = "".join(entry[0] for entry in _ENTRY.finditer(text) if name_of(entry["name"]) in names)
    folder = root / ".tools" / "wheels"

    def download(work: Workplace) -> None:
        with work.building() as building:
            (building / "lock.txt").write_text(lines, encoding="utf-8")
            exactly = ("--no-deps", "--require-hashes", "--only-binary", ":all:")
            pip: list[str | Path] = [work.python, "-I", "-m", "pip", "download", "--quiet", "--no-input", *exactly]
            work.run(
                [*pip, "-d", building / "wheels", "-r", building / "lock.txt"],
                task="download the packages that promote needs",
                advice="Check the network, and the index that pip is configured to use (`pip config list`).",
            )
            replace_folder(building / "wheels", folder)

    return Step(
        does="download what promote needs into .tools/wheels",
        first_time="a few seconds",
        key=fingerprint(lines),
        stamp=folder / "wheels.stamp",
        results=(folder,),
        make=download,
    )
