"""What a registry asks for in WWW-Authenticate: a password, or a token of another server."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LONGEST = 4096
_WORD = re.compile(r'([a-z_-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+)))?', re.IGNORECASE)
_SCHEMES = ("bearer", "basic")  # the first of them that is offered is taken


@dataclass(frozen=True, slots=True)
class Challenge:
    """`scheme` is `basic` or `bearer`, `realm` the address of a token server, `service` its name for the registry."""

    scheme: str
    realm: str = ""
    service: str = ""


def parse(header: str) -> Challenge | None:
    """The challenge in a header, a bearer's before that of a password; None where it has neither."""
    offered: dict[str, dict[str, str]] = {}
    scheme = ""
    for word in _WORD.finditer(header[:_LONGEST]):
        name, quoted, plain = word[1].lower(), word[2], word[3]
        if quoted is None and plain is None:
            scheme = name
            offered.setdefault(scheme, {})
        elif scheme:
            offered[scheme].setdefault(name, quoted if plain is None else plain)
    for name in _SCHEMES:
        if (given := offered.get(name)) is not None:
            return Challenge(name, given.get("realm", ""), given.get("service", ""))
    return None
