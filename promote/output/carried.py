"""Settings that travel with versions, as plans, pull requests and commit messages show them."""

from __future__ import annotations

from collections.abc import Iterable

from promote.model import Plan
from promote.output import markup
from promote.output.markup import code, inline


def lines(plan: Plan) -> list[str]:
    """The settings of a plan for people, each with the lines that go and come."""
    found = []
    for one in plan.settings:
        found += [f"with {one.service}: {_where(one.file, one.path)}", *(f"    {line}" for line in one.diff)]
    return found


def section(plan: Plan) -> list[str]:
    """The settings of a plan in Markdown."""
    found = []
    for one in plan.settings:
        found += [
            f"With {inline(one.service)}: {code(_where(one.file, one.path))}",
            "",
            *markup.block(one.diff, "diff"),
            "",
        ]
    return found


def of_commit(plans: Iterable[Plan]) -> list[str]:
    """The settings of several plans, one line each."""
    return [f"{_where(one.file, one.path)} with {one.service}" for plan in plans for one in plan.settings]


def _where(file: str, path: str) -> str:
    return f"{file} {path}".rstrip()
