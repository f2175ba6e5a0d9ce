"""A small repository of a stranger, and ways to run the real command there, which must hold every time:

exit 0, 2, 3 or 4, without a traceback, in 20 s and 500 MB; no token in what it prints; no connection to a server that
watches; no marker, the file that a hostile input would create by running a program; nothing outside of the clone read
into the output or written; nothing left in TMPDIR.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from tests.integration.tiny import IDENTITY, Tiny, git
from tests.load import patience

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 20  # seconds of a command, where nothing else needs the processors
MOST = 500 << 20  # bytes of memory of any of its processes
ANSWERS = (0, 2, 3, 4)
TOKENS = {
    "GH_TOKEN": "ghp_hostile0123456789token",
    "GITEA_TOKEN": "hostile0123456789gitea",
    "GITLAB_TOKEN": "glpat-hostile0123456789",
}
CANARY = "canary-of-a-private-file"
# Another program's settings for Git or promote, or a proxy, would hide what the command does by itself.
_FOREIGN = ("GIT_", "PROMOTE_", "HTTP", "http", "ALL_PROXY", "all_proxy", "GITHUB_", "XDG_")


class Outcome(NamedTuple):
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


# The kernel counts the memory of this process for a child that it starts itself, until the child runs its program.
# Where a program asks for more than the limit, it fails, and this machine does not.
_MEASURED = (sys.executable, "-I", "-c", """\
import resource, subprocess, sys
peak, most, *command = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_DATA, (int(most), int(most)))
code = subprocess.call(command)
with open(peak, "w") as file:
    file.write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(code if code >= 0 else 128 - code)
""")  # fmt: skip


@dataclass(frozen=True)
class Watcher:
    """A server on loopback that answers nothing, and records that somebody came."""

    port: int
    visits: list[bytes]

    @property
    def url(self) -> str:
        """Its address for HTTP."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def watching() -> Iterator[Watcher]:
    """A server that runs until the end of the block."""
    visits: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    visitor, _ = server.accept()
                except OSError:
                    return  # it was shut down
                visits.append(b"connected")
                with visitor:
                    visitor.settimeout(1)
                    try:
                        visits.append(visitor.recv(1000))
                    except OSError:
                        continue

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield Watcher(server.getsockname()[1], visits)
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


TURNS = f"promote-turns-{os.geteuid()}"


@dataclass(frozen=True)
class Hostile:
    """A clone at `root` with two environments, its origin, and what must stay untouched around them."""

    tiny: Tiny
    folder: Path
    watcher: Watcher
    env: Mapping[str, str] = field(repr=False)

    @property
    def root(self) -> Path:
        """The checkout."""
        return self.tiny.root

    @property
    def origin(self) -> Path:
        """The shared repository."""
        return self.tiny.origin

    @property
    def outside(self) -> Path:
        """A folder of the user, outside of the repository; `secret.txt` in it holds CANARY."""
        return self.folder / "outside"

    @property
    def marker(self) -> Path:
        """What a hostile input tries to create by running a program."""
        return self.folder / "markers" / "ran"

    def git(self, *arguments: str, cwd: Path | None = None, stdin: bytes = b"") -> str:
        """Run Git, to prepare what is hostile; its output without the last newline."""
        done = subprocess.run(
            ["git", *arguments], cwd=cwd or self.root, input=stdin, check=True, capture_output=True,
            env=os.environ | dict(self.env),
        )  # fmt: skip
        return os.fsdecode(done.stdout).rstrip("\n")

    def write(self, files: Mapping[str, str | bytes]) -> None:
        """Put `files` into the checkout."""
        self.tiny.write(files)

    def commit(self, files: Mapping[str, str | bytes] | None = None, *, push: bool = True) -> str:
        """Commit `files`, or what the checkout holds, and push to main."""
        return self.tiny.commit(files, push=push)

    def pull(self, files: Mapping[str, str | bytes] | None = None, *, commit: str = "") -> int:
        """A pull request with `files`, or with a `commit` that is there, from a branch of its own; its number."""
        if not commit:
            main = self.git("rev-parse", "HEAD")
            commit = self.commit(files, push=False)
            self.git("reset", "--quiet", "--hard", main)
        self.git("push", "--quiet", "origin", f"{commit}:refs/heads/hostile")
        record = {"number": 1, "url": "local:1", "title": "a change", "body": "", "head": "hostile", "base": "main",
                  "head_commit": commit, "state": "open"}  # fmt: skip
        self.record({"1.json": json.dumps(record).encode()})
        return 1

    def record(self, files: Mapping[str, bytes]) -> None:
        """Replace the pull requests of the local forge by `files`."""
        blobs = {name: self.git("hash-object", "-w", "--stdin", stdin=data) for name, data in files.items()}
        lines = [f"100644 blob {blob}\t{name}\n" for name, blob in blobs.items()]
        tree = self.git("mktree", stdin="".join(lines).encode())
        commit = self.git("commit-tree", tree, "-m", "records")
        self.git("push", "--quiet", "--force", "origin", f"{commit}:refs/promote/pulls")

    def runs(
        self, *arguments: str, code: int | Collection[int] = ANSWERS, says: Collection[str] = (),
        cwd: Path | None = None, env: Mapping[str, str] | None = None,
    ) -> Outcome:  # fmt: skip
        """Run `promote` and hold it to the promises of this module; `code` and `says` are expected beyond them."""
        before = self._around()
        outcome, memory = self._run(arguments, cwd or self.root, dict(self.env) | dict(env or {}))
        whole = outcome.out + outcome.err
        assert outcome.code in ((code,) if isinstance(code, int) else code), outcome
        assert "Traceback" not in whole, outcome
        assert "this is a bug" not in whole, outcome
        assert [said for said in says if said not in whole] == [], outcome
        assert [name for name, token in TOKENS.items() if token in whole] == [], outcome
        assert CANARY not in whole, outcome
        assert memory < MOST, f"{memory >> 20} MiB"
        assert self.watcher.visits == [], f"somebody came: {self.watcher.visits}"
        assert not self.marker.exists(), "a program of the repository ran: there is the marker"
        after = self._around()
        changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
        assert changed == [], f"outside of the repository: {changed}"
        return outcome

    def _run(self, arguments: Collection[str], cwd: Path, env: Mapping[str, str]) -> tuple[Outcome, int]:
        """How the command ended, and the most memory that one of its processes had, in bytes."""
        own = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
        files = [self.folder / "temporary-out", self.folder / "temporary-err"]
        peak = self.folder / "temporary-peak"
        with files[0].open("wb") as out, files[1].open("wb") as err:
            promote = Path(sys.executable).with_name("promote")
            child = subprocess.Popen(
                [*_MEASURED, peak, str(MOST), promote, *arguments], cwd=cwd, env=own | dict(env),
                stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True,
            )  # fmt: skip
            status = _wait(child)
        texts = [file.read_bytes().decode("utf-8", "backslashreplace") for file in files]
        for file in files:
            file.unlink()
        memory = int(peak.read_text()) << 10
        peak.unlink()
        return Outcome(status, *texts), memory

    def _around(self) -> dict[str, bytes]:
        """Every file and link near the repository, but not of it; TMPDIR is among them, and must be as it was."""
        found: dict[str, bytes] = {}
        for path in self.folder.rglob("*"):
            name = path.relative_to(self.folder).as_posix()
            # In the folder with turns is one empty folder for each branch that was written to.
            if name.partition("/")[0] in ("clone", "origin.git") or (path.is_dir() and TURNS in name):
                continue
            found[name] = os.fsencode(path.readlink()) if path.is_symlink() else b""
            found[name] += path.read_bytes() if path.is_file() else b""
        return found


def _wait(child: subprocess.Popen[bytes]) -> int:
    """The exit code of `child`; the test fails when it is late."""
    # A machine that does other things as well is slow, and no fault of the command.
    longest = patience(LONGEST)
    late = threading.Timer(longest, lambda: os.killpg(child.pid, 9))
    late.start()
    try:
        child.wait()
    finally:
        late.cancel()
    assert child.returncode != -9, f"it took longer than {longest:.0f} s"
    return child.returncode


def make(folder: Path, template: Tiny, watcher: Watcher, cache: Path) -> Hostile:
    """A copy of the repository `template` in `folder`, with a user's files around it."""
    for name in ("outside", "markers", "temporary", "home"):
        (folder / name).mkdir()
    (folder / "outside/secret.txt").write_text(f"{CANARY}\n")
    (folder / "outside/object.yaml").write_text(
        f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: outside}}\ndata: {{key: {CANARY}}}\n"
    )
    (folder / "outside/kustomization.yaml").write_text("resources: [object.yaml]\n")
    env = IDENTITY | TOKENS | {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "HOME": str(folder / "home"),
        "PROMOTE_CACHE": str(cache),
        "TMPDIR": str(folder / "temporary"),
        "PROMOTE_TOOLS": str(ROOT / ".tools/bin"),
    }  # fmt: skip
    return Hostile(template.copy(folder), folder, watcher, env)


def with_repository_outside(folder: Path) -> Path:
    """Another repository of the user, below `folder`, whose files hold CANARY; hostile inputs name it."""
    other = folder / "outside-repository"
    shutil.copytree(folder / "outside", other)
    git(other, "init", "--quiet", "--initial-branch=main", "--template=")
    git(other, "add", "--all")
    git(other, "commit", "--quiet", "--message=private")
    return other
