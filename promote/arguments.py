"""The verbs and options of the command line, and the environment variable beside every option.

Nothing but argparse is imported here: `promote --help` has to answer about as fast as Python starts.
A verb's options become the fields of `Options` in its module, `promote.commands.<verb>`.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from typing import Any

from promote import __version__

_TRUE, _FALSE = ("1", "true", "yes", "on"), ("", "0", "false", "no", "off")
_DESCRIPTION = """\
Promote image versions between Kubernetes environments that live in a Git repository.

  promote staging production        propose staging's versions for production
  promote plan staging production   show what that would do, and write nothing
"""
_EPILOG = """\
An ENV is a name in promote.yaml or a folder with a kustomization. A NAME is an image, the last part of
its name, or a service of promote.yaml. Every option --like-this can be given as PROMOTE_LIKE_THIS.

exit codes: 0 done or nothing to do, 1 differences, 2 usage or configuration, 3 denied by a rule or
schema, 4 a gate or hold, 5 race lost, 6 forge or network, 7 partly done (run it again), 130 interrupted
"""


def parse(arguments: list[str]) -> argparse.Namespace:
    """The options that `arguments` spell; `verb` is always set. Leaves with exit code 2 on a usage error."""
    return _parser().parse_args(_with_verb(arguments))


def _with_verb(arguments: list[str]) -> list[str]:
    """`promote staging production` is short for `promote promote staging production`."""
    first = arguments[0] if arguments else "--help"
    if first in _VERBS or first in ("-h", "--help", "--version"):
        return arguments or [first]
    if len(arguments) == 1 and not first.startswith("-"):
        from difflib import get_close_matches

        close = get_close_matches(first, _VERBS, n=1)
        hint = f"; did you mean '{close[0]}'?" if close else ": name two environments, or see `promote --help`"
        raise SystemExit(_parser().error(f"there is no command '{first}'{hint}"))
    return ["promote", *arguments]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "promote",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"promote {__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="COMMAND", required=True)
    for name, (purpose, arguments) in _VERBS.items():
        verb = verbs.add_parser(name, help=purpose, description=f"{purpose[0].upper()}{purpose[1:]}.")
        arguments(verb)
        outputs = ("text", "json", "github", "markdown") if name == "check" else ("text", "json")
        _option(verb, "--output", choices=outputs, default="text", help="how to print the result (text)")
    return parser


def _option(parser: argparse.ArgumentParser, name: str, **settings: Any) -> None:
    """Add an option whose default is what its environment variable says."""
    variable = "PROMOTE_" + name.strip("-").replace("-", "_").upper()
    given = os.environ.get(variable)
    if given is not None:
        settings["default"] = _from_environment(parser, variable, given, settings)
    parser.add_argument(name, **settings)


def _from_environment(parser: argparse.ArgumentParser, variable: str, given: str, settings: dict[str, Any]) -> Any:
    action, choices = settings.get("action"), settings.get("choices")
    if action == "store_true":
        if given.lower() not in _TRUE + _FALSE:
            parser.error(f"{variable} is '{given}': write true or false")
        return given.lower() in _TRUE
    if action == "append":
        return [part for part in given.replace(",", " ").split() if part]
    if choices and given not in choices:
        parser.error(f"{variable} is '{given}': choose from {', '.join(choices)}")
    return given


def _edge(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="FROM", help="the environment whose versions are taken")
    parser.add_argument("target", metavar="TO", help="the environment that gets them")
    _option(parser, "--only", action="append", default=[], metavar="NAME", help="only this service (repeatable)")
    _option(parser, "--exclude", action="append", default=[], metavar="NAME", help="not this service (repeatable)")
    _allow_others(parser)


def _allow_others(parser: argparse.ArgumentParser) -> None:
    _option(parser, "--allow-other-changes", action="store_true", help="accept rendered changes beside images")


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
    parser.add_argument("environments", nargs="*", metavar="ENV", help="environments to compare (all)")
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


def _rollback(parser: argparse.ArgumentParser) -> None:
    _environment(parser)
    parser.add_argument("services", nargs="*", metavar="NAME", help="services to roll back")
    _option(parser, "--all", dest="everything", action="store_true", help="roll all of the environment back")
    _option(parser, "--to", type=int, metavar="N", help="to revision N of `promote history ENV`")
    _option(parser, "--to-commit", metavar="SHA", help="to what ran at this commit")
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
    parser.add_argument("targets", nargs="*", metavar="ENV|PATH", help="what to check (every environment)")
    _option(
        parser,
        "--only",
        action="append",
        default=[],
        metavar="RULE",
        help="only this rule's findings (repeatable)",
    )


def _merge(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("number", type=int, metavar="NUMBER", help="the pull request")
    _option(parser, "--method", choices=("merge", "squash", "rebase"), help="how (forge.merge of promote.yaml)")


def _hold(parser: argparse.ArgumentParser) -> None:
    _environment(parser)
    parser.add_argument("version", metavar="NAME=TAG[@DIGEST]", help="the version to refuse")
    _option(parser, "--reason", default="", metavar="TEXT", help="why (required)")


def _release(parser: argparse.ArgumentParser) -> None:
    _environment(parser)
    parser.add_argument("services", nargs="*", metavar="NAME", help="services whose holds to lift (all)")


def _nothing(parser: argparse.ArgumentParser) -> None:
    del parser


_VERBS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    "promote": ("propose one environment's versions for another (the default command)", _promote),
    "plan": ("show what a promotion would do", _edge),
    "diff": ("show what the checkout changes in the rendered manifests", _diff),
    "bump": ("set image versions in one environment", _bump),
    "rollback": ("restore earlier images by one commit", _rollback),
    "history": ("list what an environment ran", _history),
    "status": ("show every environment, what waits and what is open", _nothing),
    "check": ("render, validate and evaluate the rules", _check),
    "policies": ("list the rules", _nothing),
    "merge": ("merge a pull request after checking its result", _merge),
    "hold": ("refuse a version in an environment", _hold),
    "release": ("lift holds", _release),
}
