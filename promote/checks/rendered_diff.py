"""The differences between renderings of many folders; a pair that was compared before is not rendered again."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from promote.checks.inputs import Inputs
from promote.kustomize import differences, render
from promote.kustomize.differences import Difference
from promote.model import Identity
from promote.system import cache, tools
from promote.system.store import code
from promote.yamltext import reader
from promote.yamltext.answers import Answers

_MOST = 100 << 20  # bytes of all differences in the cache
_AT_ONCE = 16  # folders whose manifests are in memory at the same time


class Pair(NamedTuple):
    """A folder in two trees, by its name; `old` is None where it is new."""

    name: str
    old: Path | None
    new: Path


def compare(
    pairs: Sequence[Pair], old_root: Path, new_root: Path, repository: Path
) -> Mapping[str, list[Difference]]:
    """The differences of each pair, in order; raises RenderError where a folder cannot be built."""
    store = Answers("differences", repository, _MOST)
    old_inputs, new_inputs = Inputs(old_root), Inputs(new_root)
    found: dict[str, list[Difference]] = {}
    keys: dict[str, str | None] = {}
    left = []
    for pair in pairs:
        new = new_inputs.of(pair.new)
        old = old_inputs.of(pair.old) if pair.old else ""
        keys[pair.name] = _key(old, new) if store.is_open and old is not None and new is not None else None
        kept = store.get(key) if (key := keys[pair.name]) else None
        if kept is None:
            # With the same files it is built once, since it may be broken in both trees.
            left.append(pair if old is None or old != new else pair._replace(old=pair.new))
        else:
            found[pair.name] = [Difference(**{**one, "resource": Identity(**one["resource"])}) for one in kept]
    given = {pair.name: pair for pair in pairs}
    for name, one in _rendered(left):
        found[name] = one
        key = keys[name]
        if key and key == _key_of(given[name], old_root, new_root) and (answer := _json(one)) is not None:
            store.put(key, answer)
    return {pair.name: found[pair.name] for pair in pairs}


def _key(old: str, new: str) -> str:
    return cache.key(code(), tools.identity("kustomize"), old, new)


def _key_of(pair: Pair, old_root: Path, new_root: Path) -> str | None:
    """The key with the files as they are now: nothing is kept if one has changed while it was read."""
    old, new = Inputs(old_root).of(pair.old) if pair.old else "", Inputs(new_root).of(pair.new)
    return None if old is None or new is None else _key(old, new)


def _rendered(pairs: Sequence[Pair]) -> Iterator[tuple[str, list[Difference]]]:
    left = iter(pairs)
    while some := list(islice(left, _AT_ONCE)):
        folders = dict.fromkeys((path, pair.name) for pair in some for path in (pair.new, pair.old) if path)
        # Two at least: the parser waits while a program runs.
        built = dict(zip(folders, render.side_by_side(folders, workers=max(2, os.cpu_count() or 2)), strict=True))
        for name, old, new in some:
            before, after = built[old, name] if old else None, built[new, name]
            if before is not None and before.text == after.text:
                yield name, []
            else:
                yield name, differences.differences(before.documents if before else [], after.documents)


def _json(found: Sequence[Difference]) -> Any:
    """The differences as JSON; None where JSON cannot express a value."""
    try:
        answer = [asdict(one) for one in found]
        return answer if reader.from_json(json.dumps(answer, allow_nan=False)) == answer else None
    except (TypeError, ValueError):
        return None
