"""Completion in a shell: what may follow the words that are typed."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from typing import Any

from promote.cli import arguments
from promote.commands.registry import COMMANDS

# The fields of Options that are an environment.
_ENVIRONMENTS = ("environment", "environments", "source", "target", "targets")


def answer() -> None:
    """Write the completions where the shell reads them, and end the process."""
    # Imported here: only a shell needs it.
    import argcomplete

    argcomplete.autocomplete(_parser(_words()), always_complete_options="long")


def _words() -> list[str]:
    """What is typed, without the program, also after a quotation that is not finished; nothing if it is unclear."""
    from argcomplete.exceptions import ArgcompleteException
    from argcomplete.lexers import split_line

    try:
        _, last, _, words, _ = split_line(os.environ.get("COMP_LINE", ""))
    except (ArgcompleteException, ValueError):
        return []
    return [*words, last][1:]


def _parser(words: list[str]) -> ArgumentParser:
    """Every command by name, and the arguments of the one that is typed."""
    parser = ArgumentParser("promote", add_help=False)
    commands = parser.add_subparsers()
    for name, purpose in COMMANDS.items():
        if name not in words[:1]:
            commands.add_parser(name, help=purpose, add_help=False)
            continue
        declared = arguments.parser_of(name)
        for action in declared.positionals():
            if action.dest in _ENVIRONMENTS:
                action.completer = environments  # type: ignore[attr-defined]  # where argcomplete looks for it
        commands.add_parser(name, help=purpose, parents=[declared], add_help=False, conflict_handler="resolve")
    return parser


def environments(**_: Any) -> list[str]:
    """The names of the environments here; nothing where they cannot be read."""
    from pathlib import Path

    from promote.errors import PromoteError
    from promote.repository import config

    try:
        return list(config.load_or_find(config.root_of(Path.cwd())).names)
    except (PromoteError, OSError):
        return []
