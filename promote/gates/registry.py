"""Every gate there is: one line here, and one file `promote/gates/NAME.py` with the class `Gate`.

Only names and help texts: the command line reads this before anything else is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from promote.errors import UsageError

if TYPE_CHECKING:
    from promote.gates.protocol import Gate

# In the order in which they are judged and listed: the name, which is the key under `gates:` in promote.yaml, and the
# help of `--despite-NAME REASON`; a gate without a help text cannot be overridden.
GATES: Mapping[str, str] = {
    "hold": "",
    "order": "promote past the order in promote.yaml (`after`); the reason is recorded",
    "freeze": "pass a freeze; the reason is recorded",
    "soak": "do not wait until a version has soaked; the reason is recorded",
    "combination": "accept versions that never ran together; the reason is recorded",
    "policy": "accept what only its own rules, tables or settings allow; the reason is recorded",
}
OVERRIDES = {name: purpose for name, purpose in GATES.items() if purpose}


def load() -> dict[str, type[Gate]]:
    """The class of every gate, by name."""
    return {name: import_module(f"promote.gates.{name}").Gate for name in GATES}


def reasons(given: Mapping[str, str | None]) -> dict[str, str]:
    """By gate, why it is overridden; raises UsageError for a reason that is empty."""
    for name, reason in given.items():
        if reason is not None and not reason.strip():
            raise UsageError(f"--despite-{name} needs a reason: whoever reads the history will want to know")
    return {name: " ".join(reason.split()) for name, reason in given.items() if reason is not None}
