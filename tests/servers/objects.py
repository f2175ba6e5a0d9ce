"""A folder as the object store of the backup scripts, and what their containers read from the environment."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from tests.manifests.commands import RUNBOOK, commands
from tests.manifests.render import REPOSITORY
from tests.servers.servers import Environment, run

PASSWORD = 'pass "word" \\ $x'  # noqa: S105 it opens nothing


def environment(folder: Path) -> Environment:
    """What every container that uses the store has; its files are in `folder`/bucket."""
    return {
        "HOME": str(folder),
        "BACKUP_FOLDER": str(folder / "backup"),
        "BACKUP_VAULT": str(REPOSITORY / "base/backup/vault.sh"),
        "BACKUP_DESTINATION": str(folder / "bucket"),
        "BACKUP_ENCRYPTION_PASSWORD": PASSWORD,
        "RCLONE_CONFIG": "/notfound",
        "RCLONE_CONFIG_OFFSITE_TYPE": "local",
    }


def rclone(folder: Path, *arguments: str) -> str:
    """What somebody with the password does in the store."""
    vault = {
        "TYPE": "crypt",
        "REMOTE": f"offsite:{folder}/bucket",
        "PASSWORD": run("rclone", "obscure", PASSWORD).strip(),
    }
    return run(
        "rclone",
        *arguments,
        environment=environment(folder) | {f"RCLONE_CONFIG_VAULT_{k}": v for k, v in vault.items()},
    )


def forget(folder: Path, *names: str) -> None:
    """What another machine has in these folders: nothing."""
    for each in names:
        run("rm", "-rf", str(folder / each))
        (folder / each).mkdir()


def asked_by_runbook(section: str) -> Environment:
    """The variables that a section of the runbook sets in a Job before it creates it."""
    [command] = [
        each.text for each in commands(RUNBOOK, "kubectl") if each.section == section and "set env" in each.text
    ]
    words = shlex.split(command.partition("set env")[2].partition("|")[0])
    return dict(word.split("=", 1) for word in words if re.match(r"[A-Z_]+=", word))
