"""Try `promote` on checked-out repositories, and print what became of each kustomization and each promotion.

`score_repositories.py FOLDER…` works on copies. In every folder that kustomize builds without a network, one version
is bumped: the right result is that only versions change in the lines that write it, or a reason to refuse it. In
every repository in which `promote init` finds two environments, a release goes through: plan, promotion, merge,
history, rollback, drift, verify. `--json` prints the details. Returns 1 where a command ended with a traceback or a
bump changed anything else.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PROMOTE = ROOT / ".venv" / "bin" / "promote"
KUSTOMIZE = ROOT / ".tools" / "bin" / "kustomize"
_FILES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_IMAGE = re.compile(r"^\s*(?:- )?image: [\"']?([^\s\"'@{}$]+?)(?::([\w.-]+))?(@sha\S+?)?[\"']?$", re.MULTILINE)
_VERSION = re.compile(r"(?<=[:\s\"'])[\w.-]+(?:@sha256:\w+)?(?=[\"']?\s*(?:#.*)?$)|sha256:\w+")
_TAG = "v999.0.0-score"
_DIGEST = "sha256:" + "5c04e" * 12 + "abcd"
_BUG = 70
_TRIES = 3  # pairs of environments that may share the place of a version


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of one bump: `bumped`, `refused`, `wrong` or `crashed`, with the reason or the difference."""

    folder: str
    image: str
    outcome: str
    said: str


@dataclass(slots=True)
class Score:
    """One repository: its bumps, how many folders kustomize itself cannot build, and the steps of the journey."""

    name: str
    bumps: list[Tried] = field(default_factory=list)
    unbuilt: int = 0
    without_images: int = 0
    journey: list[tuple[str, int, str]] = field(default_factory=list)

    @property
    def summary(self) -> str:
        """One line of the table."""
        counts = Counter(one.outcome for one in self.bumps)
        found = ", ".join(f"{counts[name]} {name}" for name in ("bumped", "refused", "wrong", "crashed"))
        steps = " ".join(f"{name}:{code}" for name, code, _ in self.journey) or "one environment or none"
        end = "completed" if self.completed else "not completed"
        return f"{self.name}: {found}; {self.unbuilt} not built, {self.without_images} without images; {end}: {steps}"

    @property
    def completed(self) -> bool:
        """Whether a release went all the way; after the rollback, both environments differ (1)."""
        codes = {name: code for name, code, _ in self.journey}
        return codes.keys() >= _VERBS and all(
            code == 0 or (name, code) == ("drift", 1) for name, code in codes.items()
        )

    @property
    def failed(self) -> bool:
        """Whether anything crashed or changed what it should not."""
        crashed = any(code == _BUG for _, code, _ in self.journey)
        return crashed or any(one.outcome in ("wrong", "crashed") for one in self.bumps)


def main() -> int:
    """Score the folders of the command line; 1 where anything failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--json", action="store_true", help="print every bump and every step")
    parser.add_argument("--most", type=int, default=100, help="kustomizations to try in each repository (100)")
    given = parser.parse_args()
    scores = []
    for folder in given.folders:
        with tempfile.TemporaryDirectory(prefix="score-") as temporary:
            scores.append(score(folder.resolve(), Path(temporary), given.most))
        if not given.json:
            print(scores[-1].summary, flush=True)
    if given.json:
        print(json.dumps([asdict(one) for one in scores], indent=2))
    return int(any(one.failed for one in scores))


def score(repository: Path, temporary: Path, most: int) -> Score:
    """Try the files of `repository`, committed as one commit of a new one."""
    found = Score(repository.name)
    origin, clone = temporary / "origin.git", temporary / "clone"
    shutil.copytree(repository, clone, symlinks=True, ignore=shutil.ignore_patterns(".git"))
    _git(temporary, "init", "--quiet", "--bare", "--initial-branch=main", str(origin))
    _git(clone, "init", "--quiet", "--initial-branch=main")
    _git(clone, "remote", "add", "origin", str(origin))
    _git(clone, "add", "--all", "--force")
    _git(clone, "commit", "--quiet", "--message", "what there is")
    _git(clone, "push", "--quiet", "--set-upstream", "origin", "main")
    for folder in sorted(_kustomizations(clone))[:most]:
        _try_bump(found, clone, folder)
    _try_journey(found, clone)
    return found


def _kustomizations(clone: Path) -> Iterator[Path]:
    for folder, below, files in os.walk(clone):
        below[:] = [name for name in below if name != ".git"]
        if set(files) & set(_FILES):
            yield Path(folder)


def _try_bump(found: Score, clone: Path, folder: Path) -> None:
    without_network = ["unshare", "--net", "--map-root-user"] if shutil.which("unshare") else []
    built = _run(clone, *without_network, str(KUSTOMIZE), "build", str(folder))
    if built.returncode:
        found.unbuilt += 1
        return
    match = _IMAGE.search(built.stdout)
    if match is None:
        found.without_images += 1
        return
    name, digest = match[1], match[3]
    where = folder.relative_to(clone).as_posix()
    wanted = f"{name}={_TAG}" + (f"@{_DIGEST}" if digest else "")
    done = _run(clone, str(PROMOTE), "bump", where, wanted)
    diff = _git(clone, "diff", "--unified=0", "--no-color")
    changed = [line for line in diff.splitlines() if re.match(r"[+-](?![+-]{2} )", line)]
    if done.returncode == _BUG or done.returncode < 0:
        outcome, said = "crashed", done.stderr[-2000:]
    elif done.returncode == 0:
        outcome, said = ("bumped" if _only_versions(changed) else "wrong"), "\n".join(changed) or done.stdout
    else:
        outcome, said = ("wrong" if changed else "refused"), done.stderr.strip() or done.stdout.strip()
    found.bumps.append(Tried(where, wanted, outcome, said))
    _git(clone, "checkout", "--quiet", "--", ".")


def _only_versions(changed: list[str]) -> bool:
    """Whether the changed lines are the same but for the version; an image may be written in several places."""
    old = [_VERSION.sub("", line[1:]) for line in changed if line[0] == "-"]
    new = [_VERSION.sub("", line[1:]) for line in changed if line[0] == "+"]
    return bool(old) and old == new


def _try_journey(found: Score, clone: Path) -> None:
    """A release through two environments that share an image, from init to verify; what is equal is bumped first."""
    if not _step(found, clone, "init"):
        return
    _git(clone, "add", "--all", "--force")
    _git(clone, "commit", "--quiet", "--message", "add promote.yaml")
    _git(clone, "push", "--quiet")
    status = _step(found, clone, "status")
    pair = _pair(clone, status)
    if pair is None:
        found.journey.append(("no two environments share an image", 0, ""))
        return
    source, target, image, version, *added = pair
    (here, _), (there, app) = _stage(source), _stage(target)
    bumped = _step(found, clone, "bump", source, f"{image}={version}", "--commit", *added)
    planned = _step(found, clone, "plan", here, there, "--only", app or image, *added)
    if not (bumped and planned and planned["changes"]):
        found.journey.append(("nothing to promote", 1, ""))
        return
    opened = _step(found, clone, here, there, "--only", app or image, *added)
    number = str(((opened or {}).get("pull_request") or {}).get("number", 1))
    _step(found, clone, "merge", number)
    _step(found, clone, "history", there, app or image)
    _step(found, clone, "rollback", there, app or image)
    _step(found, clone, "drift", here, there)
    _git(clone, "fetch", "--quiet")
    _step(found, clone, "verify", _git(clone, "rev-parse", "origin/main").strip())


def _stage(name: str) -> tuple[str, str]:
    """The name in promote.yaml, and the app if it is an environment of many folders."""
    stage, _, app = name.partition("/")
    return stage, app


def _pair(clone: Path, status: Any) -> tuple[str, ...] | None:
    """Two environments, an image that both run, and a version that `bump` gives only to the first.

    If one place says the version of both, an item of its own (`--add`) makes the first different.
    """
    environments = (status or {}).get("environments", {})
    known = {name: {each["image"]: each for each in images} for name, images in environments.items()}
    shared: list[tuple[str, ...]] = []
    after = (status or {}).get("after", {})
    edges = [pair for pair in combinations(known, 2) if _may_follow(*pair, after)]
    for source, target in edges:
        image = next((name for name in known[source] if name in known[target]), None)
        if image is None or len(shared) >= _TRIES:
            continue
        version = _TAG + (f"@{_DIGEST}" if known[source][image].get("digest") else "")
        tried = _run(clone, str(PROMOTE), "bump", source, f"{image}={version}", "--dry-run", "--output", "json")
        if tried.returncode == 0 and target not in {one["to"] for one in json.loads(tried.stdout).get("targets", ())}:
            return source, target, image, version
        shared.append((source, target, image, version, "--add"))
    return shared[0] if shared else None


def _may_follow(source: str, target: str, after: dict[str, list[str]]) -> bool:
    """Whether they are two stages, of the same app if both have apps, in an order that promote.yaml allows."""
    (here, one), (there, other) = _stage(source), _stage(target)
    return here != there and (one == other or not (one and other)) and source in after.get(target, [source])


def _step(found: Score, clone: Path, *arguments: str) -> Any:
    done = _run(clone, str(PROMOTE), *arguments, "--output", "json")
    verb = arguments[0] if arguments[0] in _VERBS else "promote"
    found.journey.append((verb, done.returncode, done.stderr.strip()[-1000:]))
    try:
        return json.loads(done.stdout)
    except ValueError:
        return None


_VERBS = frozenset({"init", "status", "bump", "plan", "promote", "merge", "history", "rollback", "drift", "verify"})


def _git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=score", "-c", "user.email=score@example.com", "-c", "commit.gpgSign=false")
    done = _run(folder, "git", *who, *arguments)
    if done.returncode:
        raise SystemExit(f"git {arguments[0]}: {done.stderr}")
    return done.stdout


def _run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"GIT_AUTHOR_NAME": "score", "GIT_COMMITTER_NAME": "score", "GIT_TERMINAL_PROMPT": "0"}
    env |= {"GIT_AUTHOR_EMAIL": "score@example.com", "GIT_COMMITTER_EMAIL": "score@example.com"}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=300)


if __name__ == "__main__":
    sys.exit(main())
