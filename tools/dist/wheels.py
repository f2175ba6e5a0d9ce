"""A wheel from the files of a checkout and those of a platform, the same bytes each time."""

from __future__ import annotations

import json
import os
import re
import shutil
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from hatch_build import VARIABLE

from tools.dist import contents, platforms
from tools.dist.contents import Contents
from tools.dist.platforms import Platform
from tools.setup.work import Workplace

_VERSION = re.compile(r'^__version__ = "(.+)"$', re.MULTILINE)
# 1 January 2026: the time of every file in a wheel, unless SOURCE_DATE_EPOCH says another.
EPOCH = "1767225600"


def environment() -> dict[str, str]:
    """What builds with the same bytes everywhere."""
    return {"SOURCE_DATE_EPOCH": os.environ.get("SOURCE_DATE_EPOCH", EPOCH)}


def version_of(root: Path) -> str:
    """The version that a checkout says it is."""
    found = _VERSION.search((root / "promote" / "__init__.py").read_text(encoding="utf-8"))
    if found is None:
        raise ValueError("promote/__init__.py has no __version__")
    return found[1]


@contextmanager
def source(work: Workplace, version: str, target: Path) -> Iterator[Path]:
    """The source of a version in a folder of its own; the archive of it is put into `target`."""
    with work.building() as folder:
        (archive,) = _hatchling(work, work.root, "sdist", folder / "checkout")
        with tarfile.open(archive) as packed:
            packed.extractall(folder, filter="data")
        (unpacked,) = (one for one in folder.iterdir() if (one / "pyproject.toml").is_file())
        file = unpacked / "promote" / "__init__.py"
        said = _VERSION.sub(f'__version__ = "{version}"', file.read_text(encoding="utf-8"))
        file.write_text(said, encoding="utf-8")
        _hatchling(work, unpacked, "sdist", target)
        yield unpacked


def wheel(work: Workplace, unpacked: Path, one: Platform, programs: Path, target: Path) -> tuple[Path, list[Contents]]:
    """Build the wheel of a platform, and return it with what its programs contain."""
    with work.building() as folder:
        made = _stage(work, one, programs, folder)
        tag = one.tag.rpartition("-")[2]
        built = _hatchling(work, unpacked, "wheel", target, {VARIABLE: str(folder)})
        return next(path for path in built if path.name.endswith(f"{tag}.whl")), made


def _stage(work: Workplace, one: Platform, programs: Path, folder: Path) -> list[Contents]:
    """Put what a wheel has in addition to Python and rules where hatch_build.py finds it."""
    package = folder / "promote"
    for name in ("bin", "notices"):
        (package / name).mkdir(parents=True)
    (folder / "wheel.json").write_text(json.dumps({"tag": one.tag}), encoding="utf-8")
    ignored = shutil.ignore_patterns("*.stamp")
    shutil.copytree(work.tools / "schemas", package / "schemas", ignore=ignored)
    made = []
    for module in platforms.MODULES:
        for name in platforms.names(work.root, module):
            shutil.copyfile(programs / name, package / "bin" / name)
            (package / "bin" / name).chmod(0o755)
            made.append(contents.of(work, programs / name, module))
            (package / "notices" / f"{name}.txt").write_text(contents.notices(work, made[-1]), encoding="utf-8")
    return made


def _hatchling(
    work: Workplace, folder: Path, kind: str, target: Path, extra: Mapping[str, str] | None = None
) -> list[Path]:
    """Have hatchling build a folder, and return the files in `target`."""
    command: list[str | Path] = [work.python, "-m", "hatchling", "build", "-t", kind, "-d", target]
    advice = "Look at pyproject.toml and hatch_build.py."
    work.run(command, cwd=folder, env={**environment(), **(extra or {})}, task=f"build the {kind}", advice=advice)
    return sorted(target.iterdir())
