"""What the name of an environment says of its place in the order of promotion."""

from __future__ import annotations

import re

# Earliest first. People write these words alone, or with a region or an app next to them: prod-eu, shop-staging.
_WORDS = (
    ("local", "kind", "minikube", "sandbox", "playground", "preview"),
    ("dev", "devel", "develop", "development"),
    ("ci", "integration", "int"),
    ("test", "tests", "testing", "tst"),
    ("qa", "quality"),
    ("uat", "acceptance", "acc", "sit"),
    ("staging", "stage", "stg"),
    ("demo", "perf", "load"),
    ("pre", "preprod", "preproduction", "nonprod"),
    ("prod", "production", "prd", "live"),
    ("dr", "disaster"),
)
_RANKS = {word: rank for rank, words in enumerate(_WORDS) for word in words}
_LAST = _RANKS["prod"]
_PARTS = re.compile(r"[^a-z0-9]+|(?<=[a-z])(?=[0-9])")


def rank(name: str) -> int | None:
    """How late in the order an environment called `name` comes; None where the name does not say."""
    words = [word for word in _PARTS.split(name.lower()) if word]
    found = [_RANKS[word] for word in words if word in _RANKS]
    if not found:
        return None
    # `pre-prod` and `non-prod` come before production, though they name it.
    before = {"pre", "non"} & set(words)
    return _RANKS["pre"] if before and max(found) >= _RANKS["pre"] else max(found)


def is_production(name: str) -> bool:
    """Whether real users probably depend on an environment called `name`."""
    return (rank(name) or 0) >= _LAST
