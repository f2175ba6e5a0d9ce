"""Whether a change that brings rules, tables, waivers or settings of its own passes by those of its target, too.

Otherwise a pull request could remove the rule that denies it. Changing a table together with a manifest is
legitimate: a person says so, with a reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from promote.gates.protocol import Context, Judgement, WithoutSettings
from promote.model import GateResult
from promote.system import printable

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Gate(WithoutSettings):
    """One result for the change as a whole; nothing is configured, because a change must not switch it off."""

    name: ClassVar[str] = "policy"
    way: ClassVar[str] = "merge the change of these files first, or give the reason with --despite-policy REASON"
    stops_rollbacks: ClassVar[bool] = True

    def judge(self, context: Context) -> Judgement:
        """Closed if the files of the target branch deny what those of the change allow.

        If it is open, it has a remark: the next change is judged by these files.
        """
        change = context.policy
        if change is None:
            return Judgement()
        files = printable.some_of(change.files, _SHOWN)
        if not change.denials:
            return Judgement(remarks=(f"changes the policy that judges later changes: {files}",))
        first, *more = change.denials
        others = f" (and {len(more)} more)" if more else ""
        reason = f"it passes only because it changes {files}: by those of {change.base}, {first}{others}"
        return Judgement((GateResult(self.name, self.name, False, reason),))
