from __future__ import annotations

import os

import pytest

from tests.manifests.variants import Workshop


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """Shared, because what is rendered is kept by its folder: each combination is built once."""
    own = tmp_path_factory.getbasetemp()  # of this process, in that of the run if there are several
    return Workshop((own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "variants")
