"""Reads and writes the repository without ever touching the user's checkout, index or refs.

Writing uses Git's plumbing without an index: new objects are added to the object database and pushed by their hash,
so that a failure at any point leaves nothing to clean up.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from promote.errors import EditRefused, GitError, UsageError
from promote.git import config
from promote.git.checkout import CheckoutFiles
from promote.git.history import Commit, HistoryReader
from promote.git.merge import Merging
from promote.git.objects import CommitFiles
from promote.git.remote import ABSENT, Push, Remotes
from promote.git.runner import GIT, TOO_NEW, reason
from promote.system import durations, process
from promote.system.snapshot import Entry, Snapshot, changes_mode, differing

__all__ = ["ABSENT", "Commit", "Files", "Push", "Repository"]

# The second is said in a bare repository and in .git, which have no files to look at.
_NOT_IN_ONE = ("not a git repository", "cannot use bare repository", "must be run in a work tree")
Files = Mapping[str, bytes | None]  # new contents by path; None for a file that is deleted


class Repository(HistoryReader, Remotes, Merging):
    """A Git repository, by its top folder; paths are relative to `folder` in it, by default the top."""

    @classmethod
    def containing(cls, folder: Path) -> Repository:
        """The repository that `folder` is in; raises UsageError if there is none.

        Raises ConfigError if its own configuration would start a program to reach a remote.
        """
        done = process.run([*GIT, "rev-parse", "--show-toplevel"], cwd=folder)
        if "dubious ownership" in done.error:
            raise UsageError(
                f"{folder} belongs to another user, so Git refuses it: "
                "allow it with `git config --global --add safe.directory FOLDER`"
            )
        if done.code != 0:
            if not any(said in done.error for said in _NOT_IN_ONE):
                said = " ".join(done.error.split())
                what = "install a newer Git" if any(sign in said for sign in TOO_NEW) else "fix that"
                raise GitError(
                    f"Git does not read the repository of {folder}: {said}: {what}, then run promote again"
                )
            raise UsageError(f"{folder} is not in a Git repository: run promote inside a clone")
        found = cls(Path(os.fsdecode(done.stdout).rstrip("\n")))
        # As Git reads it here: the top that it reports may be in another repository.
        settings = cls(folder).configuration()
        config.insist_on_place(settings, found.root, folder)
        config.insist(settings)
        found.overrides = config.overrides(settings)
        return found

    def at(self, folder: Path) -> Repository:
        """The same repository with paths that are relative to `folder`, which is in the checkout."""
        return Repository(self.root, self.overrides, folder.resolve().relative_to(self.root.resolve()).as_posix())

    def holds(self, commits: Iterable[str]) -> bool:
        """Whether every one of `commits` is in the object database."""
        asked = "".join(f"{commit}\n" for commit in commits)
        return " missing" not in self._git("cat-file", "--batch-check", stdin=asked.encode())

    def needs_nothing_of(self, commits: Iterable[str]) -> bool:
        """Whether all that `commits` need is in the object database: a fetch of them would bring nothing."""
        # The question that `git fetch` asks itself, once it has connected to the server.
        options = ("--objects", "--stdin", "--not", "--exclude-promisor-objects", "--all", "--quiet")
        return self._try("rev-list", *options, stdin="".join(f"{one}\n" for one in commits).encode()).code == 0

    def has_changes(self) -> bool:
        """Whether tracked files of the checkout or its index differ from HEAD."""
        done = self._try("status", "--porcelain", "--untracked-files=no", "--ignore-submodules")
        return bool(done.stdout)

    def resolve(self, revision: str) -> str:
        """The hash of the commit that `revision` names; raises UsageError when there is none."""
        done = self._try("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        if done.code != 0:
            raise UsageError(f"there is no commit '{revision}' in this clone; fetch it, or correct the name")
        return done.text.strip()

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Whether `newer` has `older` in its history."""
        return self._try("merge-base", "--is-ancestor", older, newer).code == 0

    def merge_base(self, one: str, other: str) -> str:
        """The hash of the newest common ancestor of two commits; raises UsageError if there is none."""
        done = self._try("merge-base", one, other)
        if done.code != 0:
            advice = "if the clone is shallow, run `git fetch --unshallow`"
            raise UsageError(f"{one[:12]} and {other[:12]} have no common ancestor in this clone; {advice}")
        return done.text.strip()

    def ahead(self, base: str, tip: str) -> list[str]:
        """The hashes of the commits that `tip` has and `base` lacks, newest first."""
        return self._git("rev-list", "--topo-order", f"{base}..{tip}").split()

    def authors(self, moves: Iterable[tuple[str, str]]) -> list[str]:
        """Who made the commits between the hashes of each pair, each once, the last first."""
        found = [self._git("log", "--format=%an", f"{old}..{new}").splitlines() for old, new in moves]
        return list(dict.fromkeys(name for names in found for name in names))

    def changed(self, old: str, new: str) -> list[str]:
        """The paths in which two commits or trees differ; raises GitError where these are too many to be compared."""
        with self.files_of(old) as before, self.files_of(new) as after:
            return list(map(self._ours, differing(before, after)))

    def changed_modes(self, old: str, new: str, paths: Iterable[str]) -> list[str]:
        """Those of `paths` that two commits both have, but one as a link, a submodule or an executable file."""
        with self.files_of(old) as before, self.files_of(new) as after:
            return [path for path in paths if changes_mode(before, after, self._whole(path))]

    def message(self, commit: str) -> str:
        """The message of a commit; what its encoding does not have is replaced."""
        headers, _, message = self._done("cat-file", "commit", commit).stdout.partition(b"\n\n")
        named = re.search(rb"^encoding (\S+)$", headers, re.MULTILINE)
        try:
            return message.decode(named[1].decode() if named else "utf-8", "replace")
        except (LookupError, ValueError):
            return message.decode("utf-8", "replace")

    def tree(self, commit: str) -> str:
        """The hash of a commit's tree."""
        return self._git("rev-parse", "--verify", f"{commit}^{{tree}}").strip()

    def parents(self, commit: str) -> list[str]:
        """The hashes of a commit's parents."""
        return self._git("rev-parse", f"{commit}^@").split()

    def read(self, commit: str, path: str) -> bytes | None:
        """The bytes of a file at a commit, or None where it has no such file."""
        done = self._try("cat-file", "blob", f"{commit}:{self._whole(path)}")
        return done.stdout if done.code == 0 else None

    def last_changed(self, tip: str, path: str) -> datetime:
        """When the newest commit on the first-parent line to `tip` that changed something in `path` was made.

        In a shallow clone, that is not before the oldest commit of the clone.
        """
        options = ("--first-parent", "--diff-merges=first-parent", "-1", "--format=%cI")
        return durations.instant(self._git("log", *options, tip, "--", self._whole(path)).strip())

    def files_of(self, commit: str) -> CommitFiles:
        """The files of a commit or tree, not only of `folder`, as a snapshot."""
        return CommitFiles(self, commit)

    def checkout_files(self) -> CheckoutFiles:
        """The files of the checkout, not only of `folder`, that Git tracks or would track as a snapshot."""
        listing = self._done("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate")
        return CheckoutFiles(self.root, (name for name in os.fsdecode(listing.stdout).split("\0") if name))

    def commit(self, parent: str, files: Files, message: str) -> str:
        """A new commit on `parent` in which `files` have new contents or are deleted; no ref moves.

        Returns its hash. Raises EditRefused where one of them is not a plain file.
        """
        with self.files_of(parent) as snapshot:
            tree = self._edited(snapshot, "", {self._whole(path): data for path, data in files.items()})
        return self.commit_tree(tree, [parent], message)

    def _edited(self, snapshot: Snapshot, folder: str, files: Files) -> str:
        """The tree of `folder` with `files`, by their paths below it; empty if nothing is left in it.

        Only folders on the way to them are read.
        """
        entries = dict(snapshot.entries(folder))
        inner: dict[str, dict[str, bytes | None]] = {}
        for path, data in files.items():
            name, _, rest = path.partition("/")
            there = entries.get(name)
            if there is not None and there.kind != ("folder" if rest else "file"):
                raise EditRefused(
                    f"{posixpath.join(folder, name)} is a link or a submodule: promote edits plain files only"
                )
            if rest:
                inner.setdefault(name, {})[rest] = data
            elif data is None:
                entries.pop(name, None)
            else:
                blob = self._git("hash-object", "-w", "--stdin", stdin=data).strip()
                entries[name] = Entry("file", blob, there is not None and there.executable)
        for name, rest_of in inner.items():
            entries[name] = Entry("folder", self._edited(snapshot, posixpath.join(folder, name), rest_of))
        lines = [f"{_mode(one)} {one.sha}\t{name}\0" for name, one in entries.items() if one.sha]
        if folder and not lines:
            return ""  # Git has no empty folders
        return self._git("mktree", "-z", "--missing", stdin=os.fsencode("".join(lines))).strip()

    def commit_tree(self, tree: str, parents: Sequence[str], message: str, *, is_kept: bool = True) -> str:
        """A new commit of `tree`, by the configured identity; signed where commit.gpgSign is set and it `is_kept`.

        Raises GitError, also where it cannot be signed.
        """
        options = [part for parent in parents for part in ("-p", parent)]
        signed = is_kept and self._try("config", "--type=bool", "commit.gpgSign").text.strip() == "true"
        options += ["-S"] if signed else []
        data = message.encode("utf-8", "replace")
        done = self._try("commit-tree", tree, *options, stdin=data, env=self._identity())
        if done.code != 0:
            failed = "a commit cannot be signed, as commit.gpgSign demands" if signed else "git commit-tree failed"
            raise GitError(f"{failed}: {reason(done.error, self.root)}")
        return done.text.strip()

    def cherry_tree(self, tip: str, commit: str) -> str | None:
        """The tree of applying what `commit` changed onto `tip`, or None when it conflicts."""
        # A replacement for `merge-tree --merge-base`, which Git has only since 2.40: a commit that holds the
        # tip's files and descends from the parent makes that parent the merge base.
        (parent,) = self.parents(commit)
        return self.merge_tree(self.commit_tree(self.tree(tip), [parent], "merge base", is_kept=False), commit)

    def files(self, commit: str) -> dict[str, bytes]:
        """The files at the top of a commit's tree; raises GitError for one that is too large."""
        # Each by its hash: by its name, Git would read the whole tree for every one.
        with self.files_of(commit) as snapshot:
            names = list(snapshot.entries(""))
            found = dict(zip(names, snapshot.contents(names), strict=True))
        if large := [name for name, data in found.items() if data is None]:
            raise GitError(f"{large[0]} of {commit[:12]} is too large to be read")
        return {name: data for name, data in found.items() if data is not None}

    def make_tree(self, files: Mapping[str, bytes]) -> str:
        """A tree of plain files at its top level; returns its hash."""
        lines = []
        for name, data in sorted(files.items()):
            blob = self._git("hash-object", "-w", "--stdin", stdin=data).strip()
            lines.append(f"100644 blob {blob}\t{name}\n")
        return self._git("mktree", stdin="".join(lines).encode()).strip()

    def _identity(self) -> dict[str, str]:
        """Empty if a committer is configured in Git, otherwise promote's own identity."""
        if self._try("var", "GIT_COMMITTER_IDENT").code == 0:
            return {}
        name = os.environ.get("GITHUB_ACTOR", "promote")
        who = {"NAME": name, "EMAIL": f"{name}@users.noreply.invalid"}
        return {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in who.items()}


def _mode(entry: Entry) -> str:
    """The mode and the type of an entry, as `git mktree` reads them."""
    modes = {"folder": "040000 tree", "link": "120000 blob", "module": "160000 commit"}
    return modes.get(entry.kind, "100755 blob" if entry.executable else "100644 blob")
