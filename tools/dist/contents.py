"""What the programs of a wheel are made of: the Go modules in them, by what Go itself has written into each."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from tools.setup import go
from tools.setup.work import SetupFailed, Workplace

_LICENCE = re.compile(r"(licen[cs]e|copying|notice|patents|unlicense)([-.].*)?", re.IGNORECASE)
_LARGEST = 1 << 20


class Module(NamedTuple):
    """A Go module of a certain version; `sum` is its hash in go.sum."""

    path: str
    version: str
    sum: str


class Contents(NamedTuple):
    """A program: its version of Go, the module that it is from, and all modules in it; `lock` is ours that pins them."""

    name: str
    lock: str
    compiler: str
    main: Module
    modules: tuple[Module, ...]


def of(work: Workplace, program: Path, lock: str) -> Contents:
    """What `go version -m` says of a program, for whichever platform it is; `lock` is the module under tools/."""
    said = go.run(work, "version", "-m", program, module=lock, task=f"read what {program.name} is made of")
    lines = [line.split("\t") for line in said.splitlines()]
    compiler = next(line for line in said.splitlines() if line.startswith(str(program))).rpartition(" ")[2]
    found: list[Module] = []
    for fields in lines:
        if len(fields) >= 4 and fields[1] in ("mod", "dep"):  # noqa: PLR2004 an empty one, the kind, path, version
            found.append(Module(fields[2], fields[3], fields[4] if len(fields) > 4 else ""))  # noqa: PLR2004
        elif len(fields) >= 4 and fields[1] == "=>":  # noqa: PLR2004
            found[-1] = Module(fields[2], fields[3], fields[4])
    return Contents(program.name, lock, compiler, found[0], tuple(sorted(found)))


def notices(work: Workplace, contents: Contents) -> str:
    """The licences of everything in a program, each text once, with the modules that it is for."""
    folders = _folders(work, contents)
    root = Path(go.run(work, "env", "GOROOT", module=contents.lock, task="find the licence of Go").split("\n")[-2])
    users: dict[str, list[str]] = {}
    for text in _texts([root / "LICENSE", root / "PATENTS"]):
        users.setdefault(text, []).append(f"the Go runtime and standard library, {contents.compiler}")
    for module in contents.modules:
        texts = _texts(_licences(folders[module]))
        if not texts:
            raise SetupFailed(f"{module.path} {module.version} has no licence, so it may not be in a wheel")
        for text in texts:
            users.setdefault(text, []).append(f"{module.path} {module.version}")
    parts = [f"{contents.name} contains the following software, under the licences below.\n"]
    line = "-" * 100
    for text, names in sorted(users.items(), key=lambda item: (item[1], item[0])):
        parts.append("\n".join([line, *(f"  {name}" for name in dict.fromkeys(names)), line, "", text]))
    return "\n".join(parts)


def _folders(work: Workplace, contents: Contents) -> dict[Module, Path]:
    wanted = [f"{module.path}@{module.version}" for module in contents.modules]
    task = "download the licences of the modules in the programs"
    said = go.run(work, "mod", "download", "-json", *wanted, module=contents.lock, task=task)
    places = {(one["Path"], one["Version"]): Path(one["Dir"]) for one in go.json_values(said)}
    return {module: places[module.path, module.version] for module in contents.modules}


def _licences(folder: Path) -> list[Path]:
    """The files of licences in a module: of the whole, and of what it has copied from elsewhere."""
    found = (path for path in folder.rglob("*") if _LICENCE.fullmatch(path.name) and path.is_file())
    kept = (path for path in found if path.suffix not in (".go", ".py", ".json", ".yaml", ".rego", ".tmpl"))
    return sorted(path for path in kept if "testdata" not in path.relative_to(folder).parts)


def _texts(files: Iterable[Path]) -> list[str]:
    """Their texts, each once."""
    small = (file for file in files if file.is_file() and file.stat().st_size < _LARGEST)
    texts = (file.read_bytes().decode("utf-8", "replace").replace("\r\n", "\n").strip() + "\n" for file in small)
    return list(dict.fromkeys(texts))
