"""Who owns the folder that decides for the folders below it: anybody may write to a folder such as /tmp."""

from __future__ import annotations

import os
from pathlib import Path

from promote.errors import UsageError
from promote.system.paths import SETTINGS


def insist_on_own(top: Path) -> None:
    """Raise UsageError if promote.yaml or .git in `top` is another user's, and Git would refuse it, too."""
    ours = {os.geteuid(), 0}
    if os.geteuid() == 0 and os.environ.get("SUDO_UID", "").isdecimal():
        ours.add(int(os.environ["SUDO_UID"]))
    # Of a link itself: it may lead to a file of ours.
    if {one.lstat().st_uid for name in (SETTINGS, ".git") if os.path.lexists(one := top / name)} <= ours:
        return
    if any((one / ".git").exists() for one in (top, *top.parents)):
        # Imported here: mostly nobody has to ask Git.
        from promote.git.repository import Repository

        Repository.containing(top)  # raises it unless the repository is ours, or safe.directory allows it
        return
    raise UsageError(
        f"{top / SETTINGS} belongs to another user, and would decide what is judged here: run promote in {top} if "
        f"you trust it, or write a {SETTINGS} here"
    )
