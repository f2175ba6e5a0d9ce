"""What promote has written, as GitPython reads it: another implementation than the one that wrote it."""

from __future__ import annotations

import git
import pytest

from tests.integration.sandbox import BRANCH, KUSTOMIZATION, Sandbox

pytestmark = pytest.mark.quick


def test_a_promotion_is_one_commit_that_modifies_one_file(tiny: Sandbox) -> None:
    tiny.promote("staging", "production")
    with git.Repo(tiny.origin) as repository:
        made, base = repository.heads[BRANCH].commit, repository.heads["main"].commit
        assert [parent.hexsha for parent in made.parents] == [base.hexsha]
        changes = base.diff(made)
        assert [(one.change_type, one.b_path, one.a_mode == one.b_mode) for one in changes] == [
            ("M", KUSTOMIZATION, True)
        ]
        old, new = (one.data_stream.read().decode() for blob in changes for one in (blob.a_blob, blob.b_blob) if one)
        assert old.replace('"1.1.0"', '"1.2.0"').replace('"2.0.0"', '"2.1.0"') == new


@pytest.mark.slow
def test_a_rollback_says_what_it_takes_back(tiny: Sandbox) -> None:
    tiny.promote("bump", "production", "api=1.3.0", "--commit")
    bumped = tiny.tip()
    tiny.promote("rollback", "production", "api")
    with git.Repo(tiny.origin) as repository:
        made = repository.heads["main"].commit
        assert [parent.hexsha for parent in made.parents] == [bumped]
        assert made.trailers_dict["Rollback-Of"] == [bumped]
        assert sorted(str(path) for path in made.stats.files) == ["holds.yaml", KUSTOMIZATION]
