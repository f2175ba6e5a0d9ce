"""The Python packages that are installed along with promote, as the lock pins them."""

from __future__ import annotations

import re
import sysconfig
import tomllib
from pathlib import Path

from pip._vendor.packaging.requirements import Requirement

from tools.setup.complete import applies, installed, locked, name_of
from tools.setup.work import Step, Workplace, fingerprint, replace_folder

# A package in a lock: its line, and the lines with its hashes.
_ENTRY = re.compile(r"^(?P<name>[\w.-]+)==.*\n(?:    --hash=.*\n?)*", re.MULTILINE)


def lock_of(root: Path) -> Path:
    """The lock that pins them."""
    return root / "tools" / "requirements.txt"


def packages(root: Path) -> dict[str, str]:
    """Every package that promote needs, directly or through others, and its locked version."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    known = installed(Path(sysconfig.get_path("purelib")))
    pins = locked(lock_of(root).read_text(encoding="utf-8"), {})
    waiting, found = [Requirement(one) for one in project["dependencies"]], dict[str, str]()
    while waiting:
        need = waiting.pop()
        name = name_of(need.name)
        if name in found or not applies(need, "", {}):
            continue
        found[name] = pins[name]
        waiting += [Requirement(one) for one in known[name].needs]
    return dict(sorted(found.items()))


def wheels_step(root: Path) -> Step:
    """Their wheels in `.tools/wheels`, from which pip installs without a network."""
    names = packages(root)
    text = lock_of(root).read_text(encoding="utf-8")
    lines = "".join(entry[0] for entry in _ENTRY.finditer(text) if name_of(entry["name"]) in names)
    folder = root / ".tools" / "wheels"

    def download(work: Workplace) -> None:
        with work.building() as building:
            (building / "lock.txt").write_text(lines, encoding="utf-8")
            exactly = ("--no-deps", "--require-hashes", "--only-binary", ":all:")
            work.run(
                [work.python, "-I", "-m", "pip", "download", "--quiet", "--no-input", *exactly]
                + ["-d", building / "wheels", "-r", building / "lock.txt"],
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
