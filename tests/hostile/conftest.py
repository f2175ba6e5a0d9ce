from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hostile import harness
from tests.hostile.harness import Hostile
from tests.integration.tiny import Tiny


@pytest.fixture(scope="session")
def hostile_template(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    return Tiny.make(tmp_path_factory.mktemp("hostile"))


@pytest.fixture(scope="session")
def hostile_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def hostile(hostile_template: Tiny, hostile_cache: Path, tmp_path: Path) -> Iterator[Hostile]:
    """A repository to make hostile, and what must stay untouched around it."""
    with harness.watching() as watcher:
        yield harness.make(tmp_path, hostile_template, watcher, hostile_cache)
