"""What a command hands to the command line: the same facts as JSON and as text, and an exit code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of a command that came to its end; `views` are further forms of output, by name."""

    json: Any
    text: list[str]
    exit_code: int = 0
    views: Mapping[str, Callable[[], list[str]]] = field(default_factory=dict)
