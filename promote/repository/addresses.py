"""Addresses of other repositories, as `repository:` of promote.yaml may state them."""

from __future__ import annotations

import posixpath
import re

from promote.system import cache

# No part begins with `-`, so that nothing can be an option; no `::`, so that nothing can name a program.
_PART = r"[A-Za-z0-9_.~+][\w.~+-]*"
_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?"
_USER = r"[A-Za-z0-9_][\w.-]*@"
_SERVER = re.compile(
    rf"(?:https://{_HOST}(?::\d{{1,5}})?|ssh://(?:{_USER})?{_HOST}(?::\d{{1,5}})?)(?:/{_PART})+/?"
    rf"|{_USER}{_HOST}:/?{_PART}(?:/{_PART})*/?",
    re.ASCII,
)
_LOCAL = re.compile(rf"(?:file://)?(?:/{_PART})+/?", re.ASCII)
_CREDENTIAL = re.compile(r"\w+://[^/]*:[^/]*@|https?://[^/]*@")
_SHOWN = 80  # characters of an address in a message


def problem(address: str) -> str:
    """Why promote.yaml may not name `address`; empty if it may."""
    if _CREDENTIAL.match(address):
        return "it may hold no credential: leave it out, and let a credential helper of Git or an SSH key give it"
    parts = address.split("/")
    if not (_SERVER.fullmatch(address) or _LOCAL.fullmatch(address)) or "." in parts or ".." in parts:
        return (
            f"'{address[:_SHOWN]}' is not the address of a Git repository: write https://HOST/PATH, ssh://HOST/PATH "
            "or USER@HOST:PATH"
        )
    return ""


def is_local(address: str) -> bool:
    """Whether a valid address is a path of this machine."""
    return _LOCAL.fullmatch(address) is not None


def named(address: str) -> str:
    """The repository at a valid address, by the name that messages and Git's configuration have of it."""
    return address.removeprefix("https://").removeprefix("ssh://").strip("/").removesuffix(".git")


def folder(address: str) -> str:
    """The name of the folder that a tree keeps its files in: one for each address, and readable."""
    last = posixpath.basename(address.rstrip("/").replace(":", "/")).removesuffix(".git")
    return f"{last.lstrip('.') or 'repository'}-{cache.key(address)[:12]}"
