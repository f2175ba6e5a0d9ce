"""Repositories of others that kustomizations may build on, because promote.yaml of the team names them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from os.path import relpath
from pathlib import Path
from tempfile import TemporaryDirectory

from promote.git.fetched import fetched
from promote.system.confined import Folder
from promote.system.paths import PRIVATE
from promote.system.snapshot import find, walk

PROTOCOL = "https"  # the only one that Git may speak
_FORM = re.compile(
    r"https://(?P<repository>[a-z0-9][a-z0-9.-]*(?::\d+)?(?:/[A-Za-z0-9_][\w.-]*)+)"
    r"(?://(?P<path>[\w.-]+(?:/[\w.-]+)*))?/?\?ref=(?P<commit>[0-9a-f]{64}|[0-9a-f]{40})"
)
_allowed: set[str] = set()


@dataclass(frozen=True, slots=True)
class Remote:
    """A folder of a commit of an allowed repository; `repository` is host and path, `folder` may be empty."""

    repository: str
    folder: str
    commit: str


def allow(repositories: Iterable[str]) -> None:
    """Allow these repositories, each as host and path, for all that this process renders, and no others."""
    _allowed.clear()
    _allowed.update(each.removesuffix(".git") for each in repositories)


def parse(text: str) -> Remote | None:
    """The remote that `text` names, if it is one of the allowed repositories at a whole hash; None otherwise."""
    found = _FORM.fullmatch(text)
    if found is None or ".." in text:
        return None
    repository = found["repository"].removesuffix(".git")
    return Remote(repository, found["path"] or "", found["commit"]) if repository in _allowed else None


def write(remote: Remote, target: Path) -> None:
    """Write the files of the remote's commit to the new folder `target`, with links that stay inside.

    A file that is too large is left out, so that a kustomization that names it cannot be built. Raises NetworkError
    if the commit cannot be fetched, GitError if what the cache holds is not what its hash says, and LeadsOut for a
    link out of it.
    """
    target.mkdir(parents=True)
    repository = fetched(f"https://{remote.repository}", remote.commit, PROTOCOL)
    with repository.files_of(remote.commit) as files, Folder(target) as folder:
        entries = dict(walk(files, ""))
        for path, entry in entries.items():
            if entry.kind == "file":
                (data,) = files.contents([path])
                if data is not None:
                    folder.make_file(path, data)
        # Links last, so that no file can be written through one.
        for path in (path for path, entry in entries.items() if entry.kind == "link"):
            find(files, path)
            folder.make_link(path, files.target(path))


@dataclass(slots=True)
class Copies:
    """What a build reads: its `files`, the `links` on the way, and the copy of each remote that a file names."""

    stack: ExitStack
    files: set[Path] = field(default_factory=set)
    links: dict[Path, Path] = field(default_factory=dict)
    remotes: dict[tuple[Path, str], Path] = field(default_factory=dict)
    top: Path | None = None

    @property
    def tops(self) -> list[Path]:
        """The folder that has all copies, once there are any."""
        return [self.top] if self.top else []

    def fetched(self, remote: Remote) -> Path:
        """The folder with all files of the remote's commit."""
        if self.top is None:
            made = self.stack.enter_context(TemporaryDirectory(prefix=PRIVATE))
            self.top = Path(made).resolve()
        whole = self.top / ".remotes" / remote.repository.replace(":", "_") / remote.commit
        if not whole.exists():
            write(remote, whole)
        return whole

    def of(self, folder: Path, root: Path | None) -> Path:
        """The copy of `folder`, with all files copied and all remote references led to their folders."""
        assert self.top is not None  # noqa: S101 there is a remote
        base = root or Path(folder.anchor)
        copies = {file: file if self._is_fetched(file) else self.top / file.relative_to(base) for file in self.files}
        for file, copy in copies.items():
            data = file.read_bytes()
            for (said_in, text), there in self.remotes.items():
                if said_in == file:
                    data = data.replace(text.encode(), relpath(there, copy.parent).encode())
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.unlink(missing_ok=True)
            copy.write_bytes(data)
        for link, target in self.links.items():
            if not self._is_fetched(link):
                copy = self.top / link.relative_to(base)
                copy.parent.mkdir(parents=True, exist_ok=True)
                if not copy.exists():
                    copy.symlink_to(relpath(self.top / target.relative_to(base), copy.parent))
        return self.top / folder.relative_to(base)

    def _is_fetched(self, file: Path) -> bool:
        return self.top is not None and file.is_relative_to(self.top / ".remotes")
