"""Expected failures, one class for each kind of remedy; each class has its exit code."""

from __future__ import annotations

from collections.abc import Iterable

_LONGEST_NAME, _LONGEST_LIST = 200, 20_000  # characters of a name that is not known, and of all that are


class PromoteError(Exception):
    """Root of every expected failure. Its text says what failed, where, and what to do next.

    `result` is what a command prints of it in the formats for programs.
    """

    exit_code = 2
    result: object = None


class UsageError(PromoteError):
    """The command line or the repository's layout does not make sense (exit 2)."""


class UnknownEnvironment(UsageError):
    """A name that is not an environment; where two names were given, it may be a mistyped command (exit 2)."""


class ConfigError(PromoteError):
    """promote.yaml or a kustomization says something that cannot be followed (exit 2)."""


class EditRefused(ConfigError):
    """A byte-exact edit could not be proved safe, so nothing was written (exit 2)."""


class NoPlace(EditRefused):
    """What says the version of `image` has no place for a part of the new one, or would keep one (exit 2)."""

    def __init__(self, text: str, image: str = "") -> None:
        super().__init__(text)
        self.image = image


class ToolError(PromoteError):
    """A program that promote runs is missing, has the wrong version or failed (exit 2)."""


class TimedOut(ToolError):
    """A program ran longer than it may and was stopped (exit 2)."""


class RenderError(ToolError):
    """A kustomization or file could not be read as manifests (exit 2); its text has the place as `file:line: `.

    The text is the `problem` and the `advice` what promote.yaml can allow, which is empty for most problems.
    """

    def __init__(self, problem: str, advice: str = "") -> None:
        super().__init__(problem + advice)
        self.problem, self.advice = problem, advice

    @property
    def place(self) -> tuple[str, int] | None:
        """The file and the line, from 1, that the text names."""
        import re

        found = re.search(r"(?:^|: )([^:\s][^:]*):(\d+): ", str(self))
        return (found[1], int(found[2])) if found else None


class GitError(PromoteError):
    """Git refused a step for a reason in the repository itself (exit 2)."""


class CheckDenied(PromoteError):
    """A policy or a schema denied the manifests (exit 3)."""

    exit_code = 3


class Blocked(PromoteError):
    """A gate, a freeze or a hold blocks the change (exit 4)."""

    exit_code = 4


class RaceLost(PromoteError):
    """Others kept moving the branch: every retry found a new tip (exit 5)."""

    exit_code = 5


class HeadMoved(PromoteError):
    """The branch of a pull request has moved since it was judged, or its target was rewritten (exit 5).

    Nothing was merged.
    """

    exit_code = 5


class MergedUnjudged(PromoteError):
    """A server merged a pull request onto a target that was rewritten since it was judged (exit 5)."""

    exit_code = 5


class StillLocked(RaceLost):
    """The remote cannot lock a ref: another push moves it now, or one that crashed has left its lock (exit 5)."""


class NetworkError(PromoteError):
    """A forge, a registry or the network failed; nothing was changed there (exit 6)."""

    exit_code = 6


class PushDeclined(NetworkError):
    """The server of a remote does not accept a push, such as one to a protected branch (exit 6)."""


class ClusterError(NetworkError):
    """A cluster cannot be reached or read: no kubeconfig, no answer, or a refusal (exit 6)."""


class Unreachable(ClusterError):
    """An API server does not answer, or not now (exit 6); code that waits asks again."""


class Forbidden(ClusterError):
    """The account of a kubeconfig may not read something (exit 6); a reader that can do without it goes on."""


class NotServed(ClusterError):
    """The API server does not know a kind, such as one of an engine that is not installed (exit 6)."""


class PartlyDone(PromoteError):
    """Some steps took effect and a later one failed: run the same command again (exit 7)."""

    exit_code = 7


def nearest(name: str, known: Iterable[str]) -> str:
    """The end of a 'not found' message: the nearest known name, or all of them."""
    names = sorted(set(known))
    if _take_long(name, names):
        return ""
    # `prod` is too short to be close to `production`, but it is how people call it, and the other way round.
    begin = [one for one in names if name and (one.startswith(name) or name.startswith(one))]
    if close := _closest(name, names, 1, 0.6) or begin:
        return f"; did you mean '{close[0]}'?"
    return f"; known: {', '.join(names)}" if names else ""


def nearest_images(name: str, known: Iterable[str], otherwise: str) -> str:
    """The end of a message about an image that is not there: the three nearest names, or `otherwise` without any."""
    names = list(known)
    close = [] if _take_long(name, names) else _closest(name, names, 3, 0)
    return f"the nearest names are {', '.join(map(repr, close))}" if close else otherwise


def _take_long(name: str, names: Iterable[str]) -> bool:
    """Whether it would take long to compare a name with these, and so would reading them."""
    return len(name) > _LONGEST_NAME or sum(map(len, names)) > _LONGEST_LIST


def _closest(name: str, names: list[str], most: int, cutoff: float) -> list[str]:
    # Imported here: only a mistake needs it.
    from difflib import get_close_matches

    return get_close_matches(name, names, most, cutoff)
