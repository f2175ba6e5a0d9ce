from __future__ import annotations

from hypothesis import settings

# The same examples everywhere, and no clock: a busy machine is no failure.
settings.register_profile("promote", deadline=None, derandomize=True, database=None, max_examples=60)
settings.load_profile("promote")
