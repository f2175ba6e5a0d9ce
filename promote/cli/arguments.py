"""The verbs and options of the command line, and the environment variable beside every option.

Nothing but argparse is imported here: `promote --help` has to answer about as fast as Python starts.
A verb's options become the fields of `Options` in its module, `promote.commands.<verb>`.
"""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable, Iterable
from itertools import takewhile
from typing import Any

from promote import __version__
from promote.errors import UsageError, nearest

_TRUE, _FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")
_DESCRIPTION = """\
Promote image versions between Kubernetes environments that live in a Git repository.

  promote staging production        propose staging's versions for production
  promote plan staging production   show what that would do, and write nothing
"""
_EPILOG = """\
An ENV is a name in promote.yaml or a folder with a kustomization. A NAME is an image, the last part of
its name, or a service of promote.yaml. Every option --like-this can be given as PROMOTE_LIKE_THIS.

exit codes: 0 done or nothing to do, 1 differences, 2 usage or configuration, 3 denied by a rule or
schema, 4 a gate, freeze or hold, 5 race lost, 6 forge or network, 7 partly done (run it again), 130 interrupted
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


def parse(arguments: list[str]) -> argparse.Namespace:
    """The options that `arguments` spell; `verb` is always set. Raises UsageError; --help and --version exit."""
    first = arguments[0] if arguments else "--help"
    if first in ("-h", "--help", "--version"):
        return _overview().parse_args([first])
    verb, rest = (first, arguments[1:]) if first in VERBS else ("promote", arguments)
    if first not in VERBS:
        _insist_on_edge(first, arguments)
    parser = parser_of(verb)
    _insist_on_options(parser, rest)
    # Intermixed: `rollback staging --to 3 api-gateway` names a service too.
    given, unknown = parser.parse_known_intermixed_args(rest)
    if unknown:
        raise UsageError(f"'{unknown[0]}' is one word too many; see `{parser.prog} --help`")
    given.verb = verb
    return given


def nearest_verb(word: str) -> str | None:
    """The command that `word` looks like a slip of."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(word, VERBS, n=1, cutoff=0.7)), None)


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
    # Like argparse: numbers and words with a space are values, and so is everything behind "--".
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
    for name, (purpose, _) in VERBS.items():
        commands.add_parser(name, help=purpose)
    return parser


def parser_of(verb: str) -> Parser:
    """The parser of what follows `verb`."""
    purpose, arguments = VERBS[verb]
    parser = Parser(f"promote {verb}", description=f"{purpose[0].upper()}{purpose[1:]}.")
    arguments(parser)
    outputs = ("text", "json", *(("sarif", "junit", "github", "markdown") if verb == "check" else ()))
    _option(parser, "--output", choices=outputs, default="text", help="how to print the result (text)")
    return parser


def variable_of(option: str) -> str:
    """The environment variable that says the same as `option`."""
    return "PROMOTE_" + option.strip("-").replace("-", "_").upper()


class _Repeated(argparse.Action):
    """Gathers the values of an option that may be repeated; those of the environment only stand in for none."""

    def __call__(self, _parser: Any, namespace: Any, value: Any, _option: str | None = None) -> None:
        before = getattr(namespace, self.dest)
        setattr(namespace, self.dest, [value] if before is self.default else [*before, value])


def _option(parser: argparse.ArgumentParser, name: str, **settings: Any) -> None:
    """Add an option whose default is what its environment variable says; an empty variable says nothing."""
    variable = variable_of(name)
    if given := os.environ.get(variable, "").strip():
        settings["default"] = _from_environment(variable, given, settings)
    parser.add_argument(name, **settings)


def _repeated(parser: argparse.ArgumentParser, name: str, **settings: Any) -> None:
    _option(parser, name, action=_Repeated, default=[], **settings)


def _from_environment(variable: str, given: str, settings: dict[str, Any]) -> Any:
    action, choices = settings.get("action"), settings.get("choices")
    if action == "store_true":
        if given.lower() not in _TRUE + _FALSE:
            raise UsageError(f"{variable} is '{given}': write true or false")
        return given.lower() in _TRUE
    if action is _Repeated:
        return given.replace(",", " ").split()
    if choices and given not in choices:
        raise UsageError(f"{variable} is '{given}': choose from {', '.join(choices)}")
    try:
        return settings.get("type", str)(given)
    except ValueError:
        raise UsageError(f"{variable} is '{given}': write a number") from None


def _edge(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="FROM", help="the environment whose versions are taken")
    parser.add_argument("target", metavar="TO", help="the environment that gets them")
    _repeated(parser, "--only", metavar="NAME", help="only this service (repeatable)")
    _repeated(parser, "--exclude", metavar="NAME", help="not this service (repeatable)")
    _allow_others(parser)
    _despite(parser)


def _allow_others(parser: argparse.ArgumentParser) -> None:
    _option(parser, "--allow-other-changes", action="store_true", help="accept rendered changes beside images")


def _despite(parser: argparse.ArgumentParser) -> None:
    _option(parser, "--despite-freeze", metavar="REASON", help="in spite of a freeze; the reason is recorded")
    _option(parser, "--despite-soak", metavar="REASON", help="before a version has soaked; the reason is recorded")
    _option(parser, "--despite-combination", metavar="REASON", help="though this set never ran together; the same")


def _dry_run(parser: argparse.ArgumentParser) -> None:
    _option(parser, "--dry-run", action="store_true", help="plan, prove and check, but write nothing")


def _promote(parser: argparse.ArgumentParser) -> None:
    _edge(parser)
    _dry_run(parser)
    _option(parser, "--no-pr", action="store_true", help="push the branch, but open no pull request")
    _option(parser, "--auto-merge", action="store_true", help="merge as soon as the forge allows it")
    _option(parser, "--wait", action="store_true", help="wait until the pull request is merged")
    _option(parser, "--timeout", type=float, default=3600, metavar="SECONDS", help="how long --wait waits (3600)")


def _diff(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("environments", nargs="*", default=[], metavar="ENV", help="environments to compare (all)")
    _option(parser, "--base", metavar="REF", help="the commit to compare the checkout with (the shared branch)")


def _bump(parser: argparse.ArgumentParser) -> None:
    _environment(parser)
    parser.add_argument("versions", nargs="+", metavar="NAME=TAG[@DIGEST]", help="the version to set")
    _option(
        parser,
        "--commit",
        action="store_true",
        help="commit to the shared branch instead of editing the checkout",
    )
    _option(parser, "--pr", action="store_true", help="open a pull request instead of editing the checkout")
    _dry_run(parser)
    _allow_others(parser)
    _despite(parser)


def _rollback(parser: argparse.ArgumentParser) -> None:
    _environment(parser)
    parser.add_argument("services", nargs="*", default=[], metavar="NAME", help="services to roll back")
    _option(parser, "--all", dest="everything", action="store_true", help="roll all of the environment back")
    _option(parser, "--to", type=int, metavar="N", help="to revision N of `promote history ENV`")
    _option(parser, "--to-commit", metavar="SHA", help="to what ran at this commit")
    _option(parser, "--again", action="store_true", help="further back than the rollback that was the last change")
    _option(parser, "--reason", default="", metavar="TEXT", help="why; it is kept with the hold")
    _option(
        parser,
        "--pr",
        action="store_true",
        help="open a pull request instead of committing to the shared branch",
    )
    _dry_run(parser)
    _allow_others(parser)


def _environment(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("environment", metavar="ENV", help="a name in promote.yaml, or a folder")


def _history(parser: argparse.ArgumentParser) -> None:
    _environment(parser)
    parser.add_argument("service", nargs="?", metavar="NAME", help="only revisions that changed this service")


def _check(parser: argparse.ArgumentParser) -> None:
    profiles = ("baseline", "restricted", "general", "system")
    parser.add_argument(
        "targets", nargs="*", default=[], metavar="ENV|PATH", help="what to check (every environment)"
    )
    _repeated(parser, "--only", metavar="RULE", help="only this rule's findings (repeatable)")
    _option(parser, "--base", metavar="REF", help="tell new findings from those where the checkout left REF's line")
    _option(parser, "--fail-on", choices=("all", "new"), default="all", help="with --base: what to fail on (all)")
    _option(parser, "--fix", action="store_true", help="print a patch of what can be mended for certain")
    _option(parser, "--write", action="store_true", help="with --fix: also change the files")
    _option(parser, "--coverage", action="store_true", help="also list to how many resources each rule applied")
    _option(parser, "--profile", choices=profiles, help="which rules take part (`profile:` of promote.yaml)")


def _merge(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("number", type=int, metavar="NUMBER", help="the pull request")
    _option(parser, "--method", choices=("merge", "squash", "rebase"), help="how (forge.merge of promote.yaml)")
    _despite(parser)


def _drift(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="FROM", help="one environment")
    parser.add_argument("target", metavar="TO", help="the other one")
    _option(parser, "--manifests", action="store_true", help="also compare all that they render")


def _verify(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("commit", metavar="SHA", help="the commit, by any name that Git knows")


def _hold(parser: argparse.ArgumentParser) -> None:
    _environment(parser)
    parser.add_argument("version", metavar="NAME=TAG[@DIGEST]", help="the version to refuse")
    _option(parser, "--reason", default="", metavar="TEXT", help="why (required)")


def _release(parser: argparse.ArgumentParser) -> None:
    _environment(parser)
    parser.add_argument("services", nargs="*", default=[], metavar="NAME", help="services whose holds to lift (all)")


def _nothing(parser: argparse.ArgumentParser) -> None:
    del parser


VERBS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    "promote": ("propose one environment's versions for another (the default command)", _promote),
    "plan": ("show what a promotion would do", _edge),
    "explain": ("say what stands in the way of a promotion, and until when", _edge),
    "diff": ("show what the checkout changes in the rendered manifests", _diff),
    "bump": ("set image versions in one environment", _bump),
    "rollback": ("restore earlier images by one commit", _rollback),
    "history": ("list what an environment ran", _history),
    "status": ("show every environment, what waits and what is open", _nothing),
    "drift": ("show in what two environments differ", _drift),
    "verify": ("prove that a commit moves versions and nothing else", _verify),
    "check": ("render, validate and evaluate the rules", _check),
    "policies": ("list the rules", _nothing),
    "merge": ("merge a pull request after checking its result", _merge),
    "hold": ("refuse a version in an environment", _hold),
    "release": ("lift holds", _release),
}
