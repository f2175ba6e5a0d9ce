"""The records of pull requests in a repository, which anybody who may push can write: read without trust."""

from __future__ import annotations

import re
from typing import Any, get_args

from promote.errors import ConfigError
from promote.forge.protocol import PullRequest, State
from promote.yamltext import reader

_TEXTS = ("url", "title", "body", "head", "base", "head_commit")
_HASH = re.compile("[0-9a-f]{40}([0-9a-f]{24})?")
# What Git allows in the name of a branch: https://git-scm.com/docs/git-check-ref-format
_BRANCH = re.compile(r"(?!-)[^\x00-\x20\x7f~^:?*\[\\]+")


def record_of(name: str, data: bytes, where: str) -> PullRequest:
    """The pull request in the file `name`; raises ConfigError, with the ref `where`, if it is not one."""
    try:
        given = reader.from_json(data)
        problem = _problem(name, given)
    except (LookupError, TypeError, ValueError):
        problem = "it is not a record of a pull request in JSON"
    if problem:
        raise ConfigError(f"{where}:{name}:1: {problem}: correct the file there, or delete it")
    return PullRequest(**given)


def _problem(name: str, given: Any) -> str:
    if not isinstance(given, dict) or given.keys() != {"number", "state", *_TEXTS}:
        return "it has other keys than a record of a pull request"
    number, state = given["number"], given["state"]
    if type(number) is not int or number < 1 or name != f"{number}.json":
        return "its number is not that of its file"
    if state not in get_args(State) or not all(isinstance(given[key], str) for key in _TEXTS):
        return "its state is unknown, or a text is missing"
    if not _HASH.fullmatch(given["head_commit"]):
        return "its commit is not a hash"
    if given["head"] == given["base"]:
        return "it would merge a branch into itself"
    return "" if all(map(is_branch, (given["head"], given["base"]))) else "it names no branch"


def is_branch(name: str) -> bool:
    """Whether Git allows the name for a branch."""
    parts = name.split("/")
    forbidden = ".." in name or "@{" in name or name == "@" or name.endswith(".")
    return (
        bool(_BRANCH.fullmatch(name))
        and not forbidden
        and all(part and not part.startswith(".") and not part.endswith(".lock") for part in parts)
    )
