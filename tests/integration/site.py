"""A clone of a repository on a loopback forge: whole commands, and what none of them may show or leave."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

from tests.integration.forge_server import ForgeServer
from tests.integration.sandbox import Outcome, Sandbox, Shim

Server = TypeVar("Server", bound=ForgeServer)


@dataclass(frozen=True)
class Site(Generic[Server]):
    """The clone, the forge, and the variables by which promote finds the forge and its `token`."""

    tiny: Sandbox
    server: Server
    shim: Shim
    token: str
    known: Mapping[str, str]

    def promote(self, *arguments: str, code: int = 0, **env: str) -> Outcome:
        """Run promote; the token may be in nothing that it prints, nor in the arguments of any Git."""
        outcome = self.tiny.promote(*arguments, code=code, env={**self.shim.env, **self.known, **env})
        assert self.token not in outcome.out + outcome.err + "\n".join(self.shim.calls)
        return outcome


@contextmanager
def visited(site: Site[Server], url: str) -> Iterator[None]:
    """Commands run in the clone, whose remote is at `url` for promote; afterwards the clone is as it was."""
    # Git's own rewriting of addresses: promote sees that of the forge, Git reaches the folder.
    site.tiny.git("config", f"url.{site.tiny.origin}.insteadOf", url)
    site.tiny.git("remote", "set-url", "origin", url)
    before = site.tiny.snapshot()
    with site.server:
        yield
    assert site.server.violations == []
    assert site.tiny.snapshot() == before
    assert all(site.token not in str(one.body) for one in site.server.seen)
    assert site.token not in site.tiny.at_origin("log", "--all", "--format=%B")
