"""Keeps what was rendered for a try that lost a race, so that the next try renders only what reads other files.

It is kept in the memory of the process only, since a rendering may contain Secrets, and only within `kept`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from promote.checks.inputs import Inputs
from promote.errors import RenderError
from promote.kustomize import render
from promote.kustomize.render import Rendered

_MOST = 64 << 20  # characters of all that is kept
_kept: ContextVar[dict[str, Rendered] | None] = ContextVar("renderings", default=None)


class Build(NamedTuple):
    """A kustomization in a private copy of the whole repository, which nobody changes while it is rendered."""

    folder: Path
    name: str
    top: Path


@contextmanager
def kept() -> Iterator[None]:
    """Keep what `of` renders until the end of the block."""
    token = _kept.set({})
    try:
        yield
    finally:
        _kept.reset(token)


def of(builds: Sequence[Build]) -> list[Rendered]:
    """The builds, side by side, except those that were rendered before from the same files; raises RenderError."""
    found = []
    for one in each(builds):
        if isinstance(one, RenderError):
            raise one
        found.append(one)
    return found


def each(builds: Sequence[Build]) -> list[Rendered | RenderError]:
    """As `of`, with the error of each build that fails in its place."""
    known = _kept.get()
    if known is None:
        return render.attempts([one[:2] for one in builds])
    moments = {top: Inputs(top) for top in {one.top for one in builds}}
    keys = [moments[one.top].of(one.folder) for one in builds]
    missing = [number for number, key in enumerate(keys) if key is None or key not in known]
    new = dict(zip(missing, render.attempts([builds[number][:2] for number in missing]), strict=True))
    found = [
        new[number] if number in new else replace(known[key or ""], folder=one.folder, name=one.name)
        for number, (one, key) in enumerate(zip(builds, keys, strict=True))
    ]
    known.update(
        (key, one) for key, one in zip(keys, found, strict=True) if key is not None and isinstance(one, Rendered)
    )
    while sum(len(one.text) for one in known.values()) > _MOST:
        del known[next(iter(known))]  # the oldest
    return found
