"""What the verbs share that change versions: the reasons why a gate does not count this time."""

from __future__ import annotations

from dataclasses import dataclass

from promote.gates import gates


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasons:
    """What the command line gave as reasons; None where the gate counts."""

    despite_freeze: str | None = None
    despite_soak: str | None = None
    despite_combination: str | None = None

    @property
    def despite(self) -> dict[str, str]:
        """The reasons by gate; raises UsageError for one that says nothing."""
        return gates.despite(self.despite_freeze, self.despite_soak, self.despite_combination)
