"""Answers of JSON values that are remembered between runs; see `promote.system.store`."""

from __future__ import annotations

import json
from typing import Any

from promote.system.store import Store
from promote.yamltext import reader


class Answers(Store):
    """A store of JSON values."""

    def get(self, key: str) -> Any:
        """The answer for `key`; None if there is none, or none that is whole."""
        text = self.text(key)
        try:
            return None if text is None else reader.from_json(text)
        except (ValueError, RecursionError):
            return None

    def put(self, key: str, answer: Any) -> None:
        """Remember an `answer` of JSON values; a cache that cannot be written is not an error."""
        self.put_text(key, json.dumps(answer, separators=(",", ":")))
