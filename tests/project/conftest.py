from __future__ import annotations

from tests.integration.conftest import surroundings, tiny_template

__all__ = ["surroundings", "tiny_template"]
