"""A cache that a pull request, or another user of the machine, has filled: what is in it is not believed."""

from __future__ import annotations

from pathlib import Path

import pytest

from promote.checks import schemas
from tests.hostile.harness import Hostile
from tests.integration.tiny import DEPLOYMENT

WRONG = DEPLOYMENT.format(name="web").replace("spec:\n", "spec:\n  replicas: many\n", 1)


@pytest.mark.parametrize("place", ["the-checkout", "a-folder-for-all"])
def test_a_schema_that_accepts_everything(hostile: Hostile, place: str) -> None:
    """CI of GitLab keeps between jobs only what is in the checkout, so that PROMOTE_CACHE may be there."""
    cache = hostile.root / ".cache" if place == "the-checkout" else hostile.folder / "cache"
    kept = Path("schemas") / schemas.release() / "1.36/deployment-apps-v1.json"
    (cache / kept).parent.mkdir(parents=True)
    (cache / kept).write_text("{}")
    if place == "a-folder-for-all":
        cache.chmod(0o777)
    hostile.commit({"base/web.yaml": WRONG})
    hostile.runs("check", code=3, says=["schema.invalid", "replicas"], env={"PROMOTE_CACHE": str(cache)})


@pytest.mark.quick
def test_a_link_to_a_folder_of_the_user(hostile: Hostile) -> None:
    """The oldest files of a store are deleted when it is full."""
    cache = hostile.folder / "cache"
    cache.mkdir()
    (cache / "verdicts").symlink_to(hostile.outside)
    cache.chmod(0o777)
    hostile.runs("check", code=0, env={"PROMOTE_CACHE": str(cache)})
