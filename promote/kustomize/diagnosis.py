"""Explains in one line why kustomize cannot build: the file and line of the fault, and how to fix it.

Kustomize wraps its reason once per folder, names files without their folders, and often gives no line. So the files
are also inspected here. A fault that only kustomize finds is located by the names in its message.
"""

from __future__ import annotations

import re
from pathlib import Path

from promote.kustomize import combined
from promote.kustomize.inspected import Fault, Inspected, walk

_WRAPPING = (
    r"accumulating (?:resources|components): ",
    r"accumulateDirectory: ",
    r"accumulation err='accumulating resources from '[^']*': (?:'[^']*' must resolve to a file': )?",
    r"recursed accumulation of path '[^']*': ",
    r"accumulating resources from '[^']*': ",
    r"couldn't make target for path '[^']*': ",
    r"loader\.New ",
    r": must build at directory: .*",
    r"evalsymlink failure on '[^']*' : ",
    r"merging from generator &\{0x[0-9a-f]+ [^}]*\}: ",
)
# An object, as Go prints it.
_OBJECT = re.compile(r'\bid resid\.ResId\{Gvk:resid\.Gvk\{[^{}]*Kind:"([^"]*)"[^{}]*\}, Name:"([^"]*)"[^{}]*\}')


def fault(folder: Path, reason: str) -> Fault | None:
    """Why kustomize, which gave this `reason`, cannot build `folder`; None if this is uncertain."""
    files = Inspected()
    found = list(walk(folder.resolve(), files, set()))
    # Kustomize accepts some faults, so those that its reason names come first.
    named = [one for one in found if _mentions(reason, one)]
    return next(iter([*named, *combined.found(files, reason), *found]), None)


def essence(reason: str) -> str:
    """Kustomize's `reason` without its wrapping, and with readable paths."""
    for pattern in _WRAPPING:
        reason = re.sub(pattern, "", reason)
    reason = _OBJECT.sub(r"\1 '\2'", reason)
    here = str(Path.cwd().resolve())
    reason = reason.replace(f"{here}/", "").replace(here, ".").removeprefix("`: ")
    # The removed wrapping may have left one of its quotes.
    for quote in "'\"":
        if reason.count(quote) % 2:
            reason = reason[:-1] if reason.endswith(quote) else reason.removeprefix(quote)
    return reason


def _mentions(reason: str, one: Fault) -> bool:
    if "YAML" in one.problem:
        return "yaml" in reason.lower() or "mapping key" in reason
    name = re.search("'([^']+)'", one.problem)
    return name is not None and name[1] in reason
