"""Judges targets and remembers the verdicts: a target that has not changed is neither rendered nor judged again.

A verdict is found by a hash of all that decides it: the files of the target, the rules and tables, the schemas, the
programs, this code, and what was asked for. Waivers, dates and `--only` are applied after that, each time. Where
something is not certain, nothing is remembered.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path

from promote.checks import inspection, schemas
from promote.checks.criteria import Criteria
from promote.checks.findings import Verdict
from promote.checks.inputs import Inputs, everything
from promote.checks.judged import Judged
from promote.errors import ToolError
from promote.kustomize import render
from promote.kustomize.files import kustomization_of
from promote.kustomize.render import Rendered
from promote.system import cache, tools
from promote.system.store import code
from promote.yamltext.answers import Answers

Named = tuple[str, Path]  # a target
Load = Callable[[Path, str], Rendered]

_MOST = 200 << 20  # bytes of all verdicts in the cache
_WORKERS = 8  # of them are rendered at the same time, or fewer
_AT_ONCE = 16  # targets whose manifests are in memory at the same time
# What makes the answer of a rule depend on more than its input.
_IMPURE = re.compile(r"\b(?:time\.now_ns|http\.send|net\.lookup_ip_addr|opa\.runtime|rand\.intn|uuid\.rfc4122)\b")
_VARIABLES = re.compile(r"(?:CONFTEST|KUSTOMIZE|KUBECONFORM|OPA|REGO)_")


def judge(
    targets: Sequence[Named],
    criteria: Criteria,
    root: Path,
    only: Sequence[str] = (),
    load: Load = render.folder_or_file,
    fresh: bool = False,
) -> Verdict:
    """The verdict on targets by name, as `inspection.inspect` gives it for what `load` renders of them.

    A `fresh` one takes nothing that was remembered, but compares it. Raises ToolError if it is different, and errors
    as `load` and `inspect` do.
    """
    verdicts = _Verdicts(criteria, root)
    # First what is independent of the targets, so that a fault in it is reported before any of theirs.
    criteria.policies.waived(criteria.home or root, criteria.today)
    inputs = Inputs(root)
    # Two targets may have one name, because somebody else may choose it.
    keys = {one: verdicts.key(*one, inputs) for one in targets}
    found = {} if fresh else {one: kept for one, key in keys.items() if (kept := verdicts.get(key))}
    left = iter([one for one in targets if one not in found])
    while some := list(islice(left, _AT_ONCE)):
        rendered = render.side_by_side(((path, name) for name, path in some), load, min(len(some), _WORKERS))
        judged = inspection.judged(rendered, criteria, root)
        after = Inputs(root)
        for target, one in zip(some, judged, strict=True):
            found[target] = one
            # Not if a file has changed while it was read.
            if not one.is_open and (key := keys[target]) is not None and verdicts.key(*target, after) == key:
                verdicts.keep(key, one)
    return inspection.verdict([found[one] for one in targets], criteria, root, only)


class _Verdicts:
    """The verdicts by some criteria on targets below a folder."""

    def __init__(self, criteria: Criteria, root: Path) -> None:
        self._criteria = criteria
        self._root = root.resolve()
        self._store = Answers("verdicts", root, _MOST)
        self._live = {folder.resolve() for folder in criteria.live}

    def key(self, name: str, path: Path, inputs: Inputs) -> str | None:
        """The name of the verdict on a target with its present files; None if it must not be remembered."""
        if not self._store.is_open or self._rules is None:
            return None
        files = inputs.of(path)
        if files is None:
            return None
        whole = path.resolve()
        place = whole.relative_to(self._root).as_posix()
        # What is skipped in a folder of manifests is named relative to the current folder.
        here = "" if kustomization_of(path) else f"{whole} {Path.cwd()}"
        return cache.key(self._rules, name, place, here, str(whole in self._live), files)

    def get(self, key: str | None) -> Judged | None:
        """The verdict called `key`, if it is remembered."""
        kept = self._store.get(key) if key else None
        return Judged.from_json(kept) if kept else None

    def keep(self, key: str, judged: Judged) -> None:
        """Remember a verdict; raises ToolError if another one is remembered."""
        before = self._store.get(key)
        if before is not None and Judged.from_json(before) != judged:
            self._store.put(key, judged.as_json())
            raise ToolError(
                f"{judged.target.name}: the remembered verdict was different, and was replaced: "
                "run the command again, and report this as a bug of promote"
            )
        self._store.put(key, judged.as_json())

    @cached_property
    def _rules(self) -> str | None:
        """A hash of everything that decides except the target; None if something cannot be known."""
        criteria = self._criteria
        texts = criteria.policies.texts
        if any(_IMPURE.search(text) for text in texts.values()):
            return None
        files = everything([criteria.policies.folder, *criteria.schemas])
        if files is None:
            return None
        # Imported here: it takes longer than most of what an unchanged target takes.
        from importlib.metadata import version

        parts = [code(), version("PyYAML"), schemas.release(), files, criteria.profile, *criteria.kubernetes]
        parts += ["excluded", *criteria.excluded]
        parts += [f"{name}={value}" for name, value in sorted(os.environ.items()) if _VARIABLES.match(name)]
        return cache.key(*parts, *(tools.identity(name) for name in tools.VERSIONS))
