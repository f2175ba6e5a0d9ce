"""In what a checkout is not the shared branch."""

from __future__ import annotations

from promote.errors import UsageError
from promote.system.git import Repository


def note(repository: Repository, commit: str, label: str) -> str:
    """What to say of a checkout that is not at the `commit` of the branch called `label`; empty if it is."""
    try:
        head = repository.resolve("HEAD")
    except UsageError:
        return ""
    ahead, behind = len(repository.ahead(commit, head)), len(repository.ahead(head, commit))
    parts = [f"is {_counted(behind)} behind"] if behind else []
    parts += [f"has {_counted(ahead)} not pushed"] if ahead else []
    parts += ["has uncommitted changes"] if repository.has_changes() else []
    return f"your checkout {' and '.join(parts)}: planned from {label}" if parts else ""


def _counted(commits: int) -> str:
    return "1 commit" if commits == 1 else f"{commits} commits"
