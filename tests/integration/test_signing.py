"""Commits are signed where Git's configuration asks for it, by the user's key, and by nothing else."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.integration.sandbox import BRANCH, Sandbox

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen makes the key")


@pytest.fixture
def key(tmp_path: Path) -> Path:
    made = tmp_path / "key"
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(made)]
    subprocess.run(command, check=True, timeout=30)
    return made


@pytest.fixture
def signing(tiny: Sandbox, key: Path, tmp_path: Path) -> Sandbox:
    """A clone whose commits are signed by `key`."""
    signers = tmp_path / "signers"
    signers.write_text(f"test@example.com {key.with_suffix('.pub').read_text()}")
    settings = {
        "gpg.format": "ssh",
        "user.signingKey": str(key),
        "commit.gpgSign": "true",
        "gpg.ssh.allowedSignersFile": str(signers),
    }
    for name, value in settings.items():
        tiny.git("config", name, value)
    return tiny


def test_the_commits_of_a_promotion_a_merge_and_a_rollback_are_signed(signing: Sandbox) -> None:
    signing.promote("staging", "production")
    signing.git("verify-commit", signing.tip(BRANCH))
    signing.promote("merge", "1")
    signing.git("fetch", "--quiet")
    signing.git("verify-commit", "origin/main")
    signing.promote("rollback", "production", "api")
    signing.git("fetch", "--quiet")
    signing.git("verify-commit", "origin/main")
    assert "production" in signing.git("show", "--no-patch", "--format=%s", "origin/main")


@pytest.mark.quick
def test_nothing_is_pushed_that_cannot_be_signed(signing: Sandbox, key: Path) -> None:
    before = signing.branches()
    key.unlink()
    key.with_suffix(".pub").unlink()
    refused = signing.promote("staging", "production", code=2)
    assert "a commit cannot be signed, as commit.gpgSign demands: error: " in refused.err, refused
    assert signing.branches() == before


def test_what_no_branch_gets_is_not_signed(signing: Sandbox, tmp_path: Path) -> None:
    """A hardware key asks for a touch each time; a rebase makes a commit that only Git needs."""
    signing.promote("staging", "production")
    signing.stage("shop/api", "1.2.0", "1.3.0")
    counting, signed = tmp_path / "counting", tmp_path / "signed"
    counting.write_text(f'#!/bin/sh\ncase "$*" in *sign*) echo >> {signed};; esac\nexec ssh-keygen "$@"\n')
    counting.chmod(0o755)
    # Only the user's own configuration may name a program.
    own = tmp_path / "gitconfig"
    own.write_text(f"[gpg.ssh]\n\tprogram = {counting}\n")
    signing.promote("merge", "1", "--method", "rebase", env={"GIT_CONFIG_GLOBAL": str(own)})
    landed, record = signing.tip(), signing.at_origin("rev-parse", "refs/promote/pulls")
    with_signature = [one for one in (landed, record) if "gpgsig" in signing.at_origin("cat-file", "commit", one)]
    assert len(signed.read_text().splitlines()) == len(with_signature) == 2
