from __future__ import annotations

import pytest

from tests.manifests.variants import Workshop


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """Shared, because what is rendered is kept by its folder: each combination is built once."""
    return Workshop(tmp_path_factory.mktemp("variants"))
