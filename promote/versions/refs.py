"""The commit or tag in the address of a repository that a kustomization builds on, such as `https://…?ref=v1.2.3`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from promote.model import is_ref

# Whatever kustomize takes for an address.
_ADDRESS = re.compile(
    r"(?:git::)?(?:[a-z][a-z0-9+.-]*://(?:[^@/\s?#]+@)?|[\w.-]+@|(?=[\w-]+(?:\.[\w-]+)+/))"
    r"(?P<host>[\w.-]+(?::\d+)?)[:/](?P<path>[^\s?#]+)\?(?P<query>[^\s#]+)",
    re.IGNORECASE,
)
_NAMES = ("ref", "version")  # kustomize takes the first that has a value
_SEGMENTS = 2  # owner and name of a repository, where nothing says where its path ends


@dataclass(frozen=True, slots=True)
class Ref:
    """What an address says: the repository as host and path, and the version with what is around it in the text."""

    repository: str
    before: str
    version: str
    after: str


def parse(text: str) -> Ref | None:
    """The version in an address; None if `text` is not one, or has no version that could be moved."""
    found = _ADDRESS.fullmatch(text)
    if found is None:
        return None
    start = found.start("query")
    values: dict[str, tuple[int, int]] = {}
    for part in found["query"].split("&"):
        name, equals, value = part.partition("=")
        at = start + len(name + equals)
        if value and values.setdefault(name, (at, at + len(value))) != (at, at + len(value)):
            return None  # twice: which one counts is the server's choice
        start += len(part) + 1
    span = next((values[name] for name in _NAMES if name in values), None)
    if span is None or not is_ref(text[slice(*span)]):
        return None
    return Ref(f"{found['host']}/{_repository(found['path'])}", text[: span[0]], text[slice(*span)], text[span[1] :])


def _repository(path: str) -> str:
    """The path of the repository, without the folder in it."""
    whole, _, _ = path.partition("//")
    if whole != path:
        return whole.strip("/").removesuffix(".git")
    before, git, _ = path.partition(".git")
    if git:
        return before.strip("/")
    segments = path.strip("/").split("/")
    count = segments.index("_git") + 2 if "_git" in segments else _SEGMENTS
    return "/".join(segments[:count])
