"""Declares the arguments of commands: every option has an environment variable of the same name."""

from __future__ import annotations

import argparse
import os
from typing import Any

from promote.errors import UsageError
from promote.gates.registry import OVERRIDES

_TRUE, _FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


def variable_of(option: str) -> str:
    """The environment variable that says the same as `option`."""
    return "PROMOTE_" + option.strip("-").replace("-", "_").upper()


class _Repeated(argparse.Action):
    """Gathers the values of an option that may be repeated; those of the environment only stand in for none."""

    def __call__(self, _parser: Any, namespace: Any, value: Any, _option: str | None = None) -> None:
        before = getattr(namespace, self.dest)
        setattr(namespace, self.dest, [value] if before is self.default else [*before, value])


def option(parser: argparse.ArgumentParser, name: str, **settings: Any) -> None:
    """Add an option whose default is what its environment variable says; an empty variable says nothing."""
    variable = variable_of(name)
    if given := os.environ.get(variable, "").strip():
        settings["default"] = _from_environment(variable, given, settings)
    parser.add_argument(name, **settings)


def repeated(parser: argparse.ArgumentParser, name: str, **settings: Any) -> None:
    """Add an option that may be given several times."""
    option(parser, name, action=_Repeated, default=[], **settings)


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


def environment(parser: argparse.ArgumentParser) -> None:
    """Add the environment that the command is about."""
    parser.add_argument("environment", metavar="ENV", help="a name in promote.yaml, or a folder")


def edge(parser: argparse.ArgumentParser) -> None:
    """Add the two environments of a promotion, and what narrows or forces it."""
    parser.add_argument("source", metavar="FROM", help="the environment whose versions are taken")
    parser.add_argument("target", metavar="TO", help="the environment that gets them")
    _narrowing(parser)


def fan(parser: argparse.ArgumentParser) -> None:
    """Add the environments of a promotion into one or several, and what narrows or forces it."""
    parser.add_argument("source", metavar="FROM", help="the environment whose versions are taken")
    parser.add_argument("targets", metavar="TO", nargs="+", help="the environments that get them")
    _narrowing(parser)
    option(parser, "--separate", action="store_true", help="a pull request for each TO, instead of one for all")


def _narrowing(parser: argparse.ArgumentParser) -> None:
    repeated(parser, "--only", metavar="NAME", help="only this service (repeatable)")
    repeated(parser, "--exclude", metavar="NAME", help="not this service (repeatable)")
    alone = "propose only this, without the other services that the open pull request has"
    option(parser, "--replace", action="store_true", help=alone)
    add(parser)
    allow_others(parser)
    despite(parser)


def add(parser: argparse.ArgumentParser) -> None:
    """Add the option that inserts items into `images:`."""
    option(parser, "--add", action="store_true", help="add an images entry where the environment has none of its own")


def allow_others(parser: argparse.ArgumentParser) -> None:
    """Add the option that accepts more than image changes."""
    option(parser, "--allow-other-changes", action="store_true", help="accept rendered changes other than images")


def despite(parser: argparse.ArgumentParser, *names: str) -> None:
    """Add an option for each of the gates `names`, or for every gate that can be overridden.

    They become the field `despite` of the Options.
    """
    for name in names or OVERRIDES:
        option(parser, f"--despite-{name}", metavar="REASON", help=OVERRIDES[name])


def cluster(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which cluster is asked."""
    option(parser, "--kubeconfig", metavar="FILE", help="the kubeconfig (KUBECONFIG, else ~/.kube/config)")
    option(parser, "--context", metavar="NAME", help="its context (that of promote.yaml, else the current one)")


def timeout(parser: argparse.ArgumentParser, what: str) -> None:
    """Add the time limit of `what` waits."""
    option(parser, "--timeout", type=float, default=3600, metavar="SECONDS", help=f"how long {what} waits (3600)")


def delivery(parser: argparse.ArgumentParser) -> None:
    """Add the options of a command that edits the checkout, unless it is to commit or to open a pull request."""
    commit = "commit to the shared branch instead of editing the checkout"
    option(parser, "--commit", action="store_true", help=commit)
    option(parser, "--pr", action="store_true", help="open a pull request instead of editing the checkout")


def pull_request(parser: argparse.ArgumentParser) -> None:
    """Add the option of a command that commits, unless it is to open a pull request."""
    option(parser, "--pr", action="store_true", help="open a pull request instead of committing to the shared branch")


def dry_run(parser: argparse.ArgumentParser) -> None:
    """Add the option that writes nothing."""
    option(parser, "--dry-run", action="store_true", help="plan, prove and check, but write nothing")
