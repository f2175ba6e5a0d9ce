"""Whether the versions that a change leaves ever ran together in the environment before.

It has no results of its own: the rule `change.combination` warns of it, or denies it where promote.yaml says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from promote.gates.protocol import Context, Facts, InvalidSettings, Judgement, Need, version_facts
from promote.gates.stays import Stays, as_facts
from promote.model import Image, Revision
from promote.system import durations


@dataclass(frozen=True, slots=True)
class Gate:
    """Finds out whether a set of versions is new; `deny` says that a new one must not pass."""

    deny: bool = False

    name: ClassVar[str] = "combination"
    way: ClassVar[str] = "give the reason why not with --despite-combination REASON"
    schema: ClassVar[Mapping[str, Any] | None] = {
        "description": "Whether versions that never ran together in the environment before are warned of or denied.",
        "enum": ["warn", "deny"],
        "default": "warn",
    }
    measures: ClassVar[bool] = True
    stops_rollbacks: ClassVar[bool] = False

    @classmethod
    def configured(cls, settings: Any, *, first: bool) -> Self:
        """Warn or deny; raises InvalidSettings where nothing could ever be compared."""
        if settings == "deny" and first:
            raise InvalidSettings("no environment comes before the first")
        return cls(settings == "deny")

    @property
    def needs(self) -> frozenset[Need]:
        """Without history nothing is known, and the rule stays silent."""
        return frozenset()

    def judge(self, context: Context) -> Judgement:
        """The last time that the environment before ran all versions together, among the images that it ever had."""
        source = context.source
        known = context.history[source] if source else ()
        shared = {name for revision in known for name in revision.changed}
        new = {change.image: change.new for change in context.plan.changes}
        after = [replace(image, version=new.get(image.name, image.version)) for image in context.images]
        together = [image for image in after if image.name in shared]
        if not source or not together:
            return Judgement()
        stay = Stays(known, context.now).last(
            lambda one: all(one.runs(image.name, image.version) for image in together)
        )
        facts = {
            "environment": source,
            "ran": stay is not None,
            **as_facts(stay),
            "apart": _apart(together, known[-1]),
            "required": self.deny,
        }
        remark = (
            f"this set ran together in {source} for {durations.spoken(stay.length)}"
            if stay
            else f"this set never ran together in {source}"
        )
        excuse = context.plan.despite.get(self.name) if self.deny and stay is None else None
        return Judgement(facts=facts, remarks=(remark,), override=excuse)


def _apart(together: Sequence[Image], now: Revision) -> list[Facts]:
    """The images that the environment before runs in another version now, or no longer."""
    return [
        {
            "image": image.name,
            "here": version_facts(image.version),
            "there": version_facts(there.version) if (there := now.image(image.name)) else None,
        }
        for image in together
        if not now.runs(image.name, image.version)
    ]
