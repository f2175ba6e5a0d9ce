"""The protocol that every forge implements, and the type of their pull requests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from promote.git.repository import Repository

State = Literal["open", "merged", "closed"]
Method = Literal["merge", "squash", "rebase"]
Status = Literal["success", "pending", "failure"]

# What to do about a pull request that cannot be merged as it is: of a promotion, a rollback, or another change.
UPDATE = "run the command that opened it again to update it"
# How the names of the branches begin that commands make for their pull requests; no other branch is promote's.
OWN = ("promote/", "bump/", "pin/", "rollback/", "scale/", "switch/", "windows/")


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request as it is on its forge now; `head_commit` is the tip of its branch `head`."""

    number: int
    url: str
    title: str
    body: str
    head: str
    base: str
    head_commit: str
    state: State


class Forge(Protocol):
    """What promote needs from a forge. Every method may raise NetworkError; none prints or retries forever."""

    name: str
    has_server: bool  # whether a server can merge later, by itself

    def find_open(self, head: str, base: str) -> PullRequest | None:
        """The open pull request from branch `head` into `base`, if there is one."""
        ...

    def list_open(self, base: str) -> tuple[PullRequest, ...]:
        """Every open pull request into `base`, by number."""
        ...

    def get(self, number: int) -> PullRequest:
        """One pull request; raises UsageError when there is none with this number."""
        ...

    def open(self, head: str, base: str, title: str, body: str) -> PullRequest:
        """Open a pull request, or return the one that another run has just opened for the same branch."""
        ...

    def update(self, number: int, title: str, body: str) -> PullRequest:
        """Replace title and body."""
        ...

    def merge(self, number: int, head_commit: str, base_commit: str, method: Method) -> str:
        """Merge only if the branch is still at `head_commit` (else RaceLost); return the new base commit.

        `base_commit` is the checked tip of the base branch; a forge that can checks that it has not moved.
        """
        ...

    def approvals(self, number: int, commit: str) -> tuple[str, ...]:
        """Who approves exactly `commit` of a pull request now, by name; nobody on a forge without reviews.

        Only people who may change the repository count, and of each only the last verdict.
        """
        ...

    def statuses(self, commit: str) -> Mapping[str, Status]:
        """What checks say of a commit, by the name of the check; nothing on a forge without checks."""
        ...

    def enable_auto_merge(self, number: int, method: Method) -> None:
        """Ask the forge to merge by itself once its own requirements are met."""
        ...


@dataclass(frozen=True, slots=True)
class Declaration:
    """The constant FORGE of a forge's module, which is read without connecting anywhere.

    `recognises` is truthy for the URL of a remote that this forge certainly hosts. `connect` takes the clone, the
    name of its remote and the environment, and may import an SDK; it raises UsageError if the remote or the token
    does not fit.

    `asks` is for servers whose URL does not say what they are: it takes the URL and the environment, and asks the
    server, without a token and with a short time limit. It is called only if no forge recognises the URL.
    """

    recognises: Callable[[str], object]
    connect: Callable[[Repository, str, Mapping[str, str]], Forge]
    asks: Callable[[str, Mapping[str, str]], bool] | None = None
