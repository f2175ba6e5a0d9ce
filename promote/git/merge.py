"""Merges commits in the object database, by their contents alone."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from promote.errors import ConfigError, GitError
from promote.git import config
from promote.git.runner import GIT, Git, is_full, reason
from promote.system import process

_NO_FILES = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"  # the tree without entries, which every Git knows


class Merging(Git):
    """Merges that need no checkout."""

    def merge_tree(self, ours: str, theirs: str) -> str | None:
        """The tree of merging two commits, or None if they conflict; raises GitError if Git cannot merge.

        No attribute has a say: what a forge merges does not depend on a clone, and no program of it is started.
        Raises ConfigError where an attribute in .git could choose a program of the repository's own.
        """
        git_folder = Path(self._git("rev-parse", "--absolute-git-dir").rstrip("\n"))
        attributes = self.root / self._git("rev-parse", "--git-path", "info/attributes").rstrip("\n")
        if attributes.is_file() and (drivers := config.drivers(self.configuration())):
            raise ConfigError(
                f"{drivers[0].key} in {drivers[0].place} names a program for merges, which {attributes} may choose: "
                "remove one of them"
            )
        with tempfile.TemporaryDirectory(prefix="promote-merge-") as folder:
            # Git reads .gitattributes from the current folder and from the index.
            away = [*GIT, "--bare", f"--git-dir={git_folder}", "merge-tree", "--write-tree", ours, theirs]
            nothing = {"GIT_ATTR_NOSYSTEM": "1", "GIT_INDEX_FILE": str(Path(folder, "index"))}
            # Some versions take those of HEAD in a bare repository: https://git-scm.com/docs/git-config (attr.tree).
            env = self.environment(nothing, {"core.attributesfile": os.devnull, "attr.tree": _NO_FILES})
            done = process.run(away, cwd=Path(folder), env=env)
        if done.code not in (0, 1):
            needs = "; it needs Git 2.38 or newer and a clone with its whole history (`git fetch --unshallow`)"
            if "unrelated histories" in done.error:
                needs = "; one of the branches was replaced, or the clone is shallow (`git fetch --unshallow`)"
            why = reason(done.error, self.root)
            raise GitError(f"git merge-tree failed: {why}{'' if is_full(done.error) else needs}")
        return done.text.split("\n")[0] if done.code == 0 else None
