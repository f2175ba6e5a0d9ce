"""Parses the command line: which command, and the options that its module declares.

Nothing but argparse and names is imported here: `promote --help` has to answer about as fast as Python starts.
A command's options become the fields of `Options` in its module, `promote.commands.<name>`.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable
from importlib import import_module
from itertools import takewhile
from typing import Any

from promote import __version__
from promote.commands import options
from promote.commands.registry import COMMANDS
from promote.errors import UsageError, nearest
from promote.gates import registry as gates
from promote.output.registry import FORMATS

_DESCRIPTION = """\
Promote image versions between Kubernetes environments that live in a Git repository.

  promote staging production        propose staging's versions for production
  promote plan staging production   show what that would do, and write nothing
"""
_DESPITE = "despite_"
_EPILOG = """\
An ENV is a name in promote.yaml or a folder with a kustomization. A NAME is an image, the last part of
its name, or a service of promote.yaml. Every option --like-this can be given as PROMOTE_LIKE_THIS.

exit codes: 0 done or nothing to do, 1 differences or not healthy, 2 usage or configuration, 3 denied by
a rule or schema, 4 a gate, freeze or hold, 5 race lost, 6 forge, network or cluster, 7 partly done (run
it again), 130 interrupted
"""


class Parser(argparse.ArgumentParser):
    """An argument parser that raises its errors, as one sentence, and takes no shortened options."""

    def __init__(self, prog: str, **settings: Any) -> None:
        super().__init__(prog, allow_abbrev=False, **settings)

    def error(self, message: str) -> Any:
        """Raise UsageError with what argparse has to say."""
        raise UsageError(f"{message}; see `{self.prog} --help`")

    def options(self) -> Iterable[argparse.Action]:
        """Every option there is, with its long name in `option_strings`."""
        return (action for action in self._actions if action.option_strings)

    def positionals(self) -> Iterable[argparse.Action]:
        """Every argument that is not an option."""
        return (action for action in self._actions if not action.option_strings)


def parse(arguments: list[str]) -> argparse.Namespace:
    """The options that `arguments` give; `verb` is always set. Raises UsageError; --help and --version exit."""
    first = arguments[0] if arguments else "--help"
    if first in ("-h", "--help", "--version"):
        return _overview().parse_args([first])
    verb, rest = (first, arguments[1:]) if first in COMMANDS else ("promote", arguments)
    if first not in COMMANDS:
        _insist_on_edge(first, arguments)
    parser = parser_of(verb)
    _insist_on_options(parser, rest)
    # Intermixed: `rollback staging --to 3 api-gateway` names a service too.
    given, unknown = parser.parse_known_intermixed_args(rest)
    if unknown:
        raise UsageError(f"'{unknown[0]}' is one word too many; see `{parser.prog} --help`")
    given.verb = verb
    _gather_reasons(given)
    return given


def _gather_reasons(given: argparse.Namespace) -> None:
    """Turn the options --despite-NAME into one field `despite`; raises UsageError for an empty reason."""
    fields = [name for name in vars(given) if name.startswith(_DESPITE)]
    if fields:
        found = {name.removeprefix(_DESPITE).replace("_", "-"): getattr(given, name) for name in fields}
        given.despite = gates.reasons(found)
        for name in fields:
            delattr(given, name)


def nearest_verb(word: str) -> str | None:
    """The command that `word` looks like a slip of."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(word, COMMANDS, n=1, cutoff=0.7)), None)


def _insist_on_edge(first: str, arguments: list[str]) -> None:
    """`promote staging production` is short for `promote promote staging production`; other words are slips."""
    words = [argument for argument in arguments if not argument.startswith("-")]
    if len(words) == 1 and first in words:
        close = nearest_verb(first)
        hint = f"; did you mean '{close}'?" if close else ": name two environments, or see `promote --help`"
        raise UsageError(f"there is no command '{first}'{hint}")
    if len(words) > 2 and (close := nearest_verb(first)):  # noqa: PLR2004 the two environments
        raise UsageError(f"there is no command '{first}'; did you mean '{close}'?")


def _insist_on_options(parser: Parser, words: list[str]) -> None:
    known = {option for action in parser.options() for option in action.option_strings}
    # Like argparse: numbers and words with a space are values, and so is everything after "--".
    for word in takewhile(lambda word: word != "--", words):
        name = word.partition("=")[0]
        if re.fullmatch(r"-[^0-9 ][^ ]*", name) and name not in known:
            hint = nearest(name, (option for option in known if option.startswith("--")))
            raise UsageError(f"`{parser.prog}` has no option '{name}'{hint}")


def _overview() -> Parser:
    parser = Parser(
        "promote",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"promote {__version__}")
    commands = parser.add_subparsers(dest="verb", metavar="COMMAND")
    for name, purpose in COMMANDS.items():
        commands.add_parser(name, help=purpose)
    return parser


def parser_of(verb: str) -> Parser:
    """The parser of what follows `verb`."""
    purpose = COMMANDS[verb]
    parser = Parser(f"promote {verb}", description=f"{purpose[0].upper()}{purpose[1:]}.")
    import_module(f"promote.commands.{verb}").arguments(parser)
    outputs = ("text", "json", *(FORMATS if verb == "check" else ()))
    options.option(parser, "--output", choices=outputs, default="text", help="how to print the result (text)")
    return parser
