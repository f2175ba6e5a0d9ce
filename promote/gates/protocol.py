"""What a gate is: what it needs, its verdict, when it opens, and how to override it.

A gate is one file with a class `Gate`, and one line in `promote.gates.registry`. Everything else is derived from
these: the key in promote.yaml and its schema, the option `--despite-NAME`, the keys in JSON, the texts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, Self

from promote.model import Change, GateResult, Hold, Image, Plan, PolicyChange, Revision, Version

if TYPE_CHECKING:
    from promote.forge.protocol import Forge, PullRequest

Need = Literal["history", "forge"]
Facts = dict[str, Any]
# The revisions of each environment, oldest first, by name and in the order of promotion.
History = Mapping[str, Sequence[Revision]]


class InvalidSettings(ValueError):
    """Settings that the schema allows and that still make no sense; `path` leads to the part at fault."""

    def __init__(self, problem: str, *path: str | int) -> None:
        super().__init__(problem)
        self.path = path


@dataclass(frozen=True, slots=True)
class Context:
    """What a gate may look at: one change of one environment, and the state of everything around it.

    `images` are those of the environment before the change. `history` is empty where it is cut off, or where nothing
    asked for it; a gate that cannot do without says so in `needs`. `forge` connects when it is called; it is None
    where the gate did not ask for it.
    `lands` says whether what passes goes onto the shared branch at once: by a merge, or by a commit without a pull
    request. Otherwise a pull request, a branch or a changed checkout comes of it, and the gates are asked again at
    the merge. `pull_request` is the one that is merged, at its present head, and None for everything else.
    `after` are the environments that promote.yaml states to come before this one; None where it states none, so that
    it is one of `listed` or, where that is None too, the one that is listed before it.
    `policy` is set for a change as a whole that brings rules, tables, waivers or settings of its own.
    `goes_back` says of a change whether it returns to an earlier version on purpose, which waits for nothing;
    `is_rollback` that the change as a whole is the command `rollback`.
    """

    plan: Plan
    images: tuple[Image, ...]
    now: datetime
    history: History = field(default_factory=dict)
    holds: tuple[Hold, ...] = ()
    base: str | None = None
    head: str | None = None
    goes_back: Callable[[Change], bool] = lambda _: False
    forge: Callable[[], Forge] | None = None
    pull_request: PullRequest | None = None
    is_rollback: bool = False
    lands: bool = False
    policy: PolicyChange | None = None
    after: tuple[str, ...] | None = None
    listed: tuple[str, ...] | None = None

    @property
    def previous(self) -> str | None:
        """The environment before the target in the order of promotion; None where there is none, or no history.

        Of several, it is the one that ran most of the new versions.
        """
        stated = self.listed if self.after is None else self.after
        if stated is not None:
            known = [name for name in stated if name in self.history]
            return max(known, key=self._ran, default=None) if len(known) > 1 else next(iter(known), None)
        order = list(self.history)
        position = order.index(self.plan.target) if self.plan.target in order else 0
        return order[position - 1] if position else None

    def _ran(self, name: str) -> int:
        """How many of the new versions the environment `name` ever ran."""
        past = self.history[name]
        return sum(any(one.runs(change.image, change.new) for one in past) for change in self.plan.changes)

    @property
    def source(self) -> str | None:
        """The environment in which the new versions must prove themselves."""
        return self.plan.source if self.plan.source in self.history else self.previous

    @property
    def forward(self) -> list[Change]:
        """The changes other than rollbacks."""
        return [change for change in self.plan.changes if not self.goes_back(change)]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one gate says of one change.

    `results` are open or closed, one per subject; a closed one lets a change pass where `--despite-NAME` gives a
    reason, so no gate has to look at that. A gate that waits for something on the pull request itself, such as an
    approval, gives results only where `context.lands`: before, a closed one would prevent the pull request.
    `facts` go into JSON, and to the rules about a change, under the gate's name. `remarks` are lines for people.
    `override` is the reason given with `--despite-NAME` where it counts although there is no result.
    """

    results: tuple[GateResult, ...] = ()
    facts: Facts | None = None
    remarks: tuple[str, ...] = ()
    override: str | None = None


class Gate(Protocol):
    """One condition that a change of an environment has to meet."""

    name: ClassVar[str]
    """The key under `gates:` in promote.yaml, in JSON, and in `--despite-NAME`."""
    way: ClassVar[str]
    """How to get past it when it is closed, for the message that refuses."""
    schema: ClassVar[Mapping[str, Any] | None]
    """The JSON schema of its settings; None for a gate without settings."""
    measures: ClassVar[bool]
    """Whether its judgements have facts."""
    stops_rollbacks: ClassVar[bool]
    """Whether the command `rollback` has to pass it, too."""

    @classmethod
    def configured(cls, settings: Any, *, first: bool) -> Self:
        """The gate with its settings in promote.yaml, None where there are none.

        `first` says that no environment comes before this one. Raises InvalidSettings.
        """
        ...

    @property
    def needs(self) -> frozenset[Need]:
        """What has to be read for it, with these settings."""
        ...

    def judge(self, context: Context) -> Judgement:
        """Whether the change may pass now."""
        ...


def version_facts(version: Version) -> Facts:
    """A version as JSON."""
    return {"tag": version.tag, "digest": version.digest}


class WithoutSettings:
    """What a gate inherits that promote.yaml cannot configure and that reads nothing by itself."""

    schema: ClassVar[Mapping[str, Any] | None] = None
    measures: ClassVar[bool] = False

    @classmethod
    def configured(cls, settings: Any, *, first: bool) -> Self:
        """There is nothing to configure."""
        del settings, first
        return cls()

    @property
    def needs(self) -> frozenset[Need]:
        """Nothing."""
        return frozenset()
