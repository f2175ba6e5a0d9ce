"""Measure how promote grows with commits and overlays, against Git and the checking programs in the same run.

`bench_scale.py` prints one row for each limit and returns 1 where one is broken. `bench_scale.py --draw FILE`
measures several sizes instead and draws them into FILE as SVG. Figures are processor time of a command and all that
it starts: what else the machine does lengthens only the time of the clock.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from promote.checks import policies  # noqa: E402
from tools import large_repository, performance_plot  # noqa: E402
from tools.bench_volume import used, watched  # noqa: E402
from tools.large_repository import Size  # noqa: E402

COMMITS, OVERLAYS = (500, 5_000, 50_000), (10, 100, 1_000)
_SIZE = re.compile(r" of [0-9,]+ (overlays|of them)")
_PROFILE = "baseline"  # that of the repository
_OF_ALL = 12.0  # times `git log` on one path, for what all environments ran
_APPLICATIONS = 600  # that are compared with what they were
PROMOTE = (sys.executable, "-m", "promote")
_QUESTIONS: Mapping[str, tuple[str, ...]] = {
    "history": ("history", "e1"),
    "rollback --dry-run": ("rollback", "e1", "app-3", "--dry-run"),
    "plan with soak": ("plan", "e1", "e2"),
}
_WITH_DIGESTS = {"plan of digests": ("plan", "e1", "e2")}
_NETWORK = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web, namespace: shop}}
spec:
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec: {{containers: [{{name: server, image: "registry.example/shop/web:1.2.3"}}]}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: web, namespace: shop}}
spec:
  podSelector: {{matchLabels: {{app: web}}}}
  policyTypes: [Egress]
  egress: [{{to: [{peers}], ports: [{{port: 443}}]}}]
"""


class Row(NamedTuple):
    """One figure, what it is compared with, and how many times as much it may be."""

    title: str
    ours: float
    theirs: float
    limit: float | None

    @property
    def ratio(self) -> float:
        """How many times as much it is."""
        return self.ours / self.theirs

    @property
    def broken(self) -> bool:
        """Whether it is more than the limit, if there is one."""
        return self.limit is not None and self.ratio > self.limit


class Place:
    """A repository that is measured in, with a cache of its own."""

    def __init__(self, work: Path, size: Size) -> None:
        name = f"{size.commits}-{size.overlays}{'-digests' if size.digests else ''}"
        self.folder, self.cache = work / name, work / f"cache-{name}"
        if not self.folder.exists():
            large_repository.write(self.folder, size)
            # The clone is its own remote, so that what the network takes is left out.
            self.git("remote", "add", "origin", str(self.folder))

    def git(self, *arguments: str) -> float:
        """Processor seconds of Git."""
        return _seconds(("git", *arguments), self.folder, os.environ)

    def promote(self, *arguments: str) -> float:
        """Processor seconds of promote."""
        return _seconds((*PROMOTE, *arguments), self.folder, _environment(self.cache))

    def watched(self, *arguments: str) -> tuple[float, float]:
        """The same, and the most MB that promote and all it starts have together."""
        before = used()
        with subprocess.Popen(
            [*PROMOTE, *arguments], cwd=self.folder, env=_environment(self.cache), stdout=subprocess.DEVNULL
        ) as child, watched(child.pid) as peaks:  # fmt: skip
            child.wait()
        if child.returncode not in (0, 1, 3, 4):
            sys.exit(f"promote {arguments[0]} failed")
        return used() - before, max(peaks)

    def forget(self) -> None:
        """Remove what is remembered of the repository, but not the schemas."""
        for name in ("history", "verdicts", "differences"):
            shutil.rmtree(self.cache / name, ignore_errors=True)


def main() -> int:
    """Measure; print the rows, or draw the growth."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--draw", type=Path, metavar="FILE", help="measure several sizes and draw them into FILE")
    parser.add_argument("--commits", type=int, default=COMMITS[-1], help="of the largest history (50000)")
    parser.add_argument("--overlays", type=int, default=OVERLAYS[-1], help="that are checked (1000)")
    parser.add_argument("--work", type=Path, metavar="FOLDER", help="keep the repositories here, to use them again")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="promote-bench-") as name:
        work = (given.work or Path(name)).resolve()
        if given.draw:
            given.draw.write_text(_drawn(work, given.commits, given.overlays), encoding="utf-8")
            return 0
        rows = [
            *_history(work, given.commits, {"cold": 3.0, "warm": 1.0}),
            *_overlays(work, given.overlays),
            _network(work),
        ]
    for row in rows:
        limit, broken = f"{row.limit:6.1f}" if row.limit else "", "  BROKEN" if row.broken else ""
        print(f"{row.title:56} {row.ours:7.2f} {row.theirs:7.2f} {row.ratio:6.2f} {limit}{broken}")
    return int(any(row.broken for row in rows))


def _history(work: Path, commits: int, limits: Mapping[str, float]) -> list[Row]:
    """What needs history, against `git log` on the path, first without and then with what is remembered."""
    usual = Size(commits, overlays=1_000, soak="1h")
    # The histories of all environments are read: Git alone takes 4 times as long as for one path.
    of_all = {**limits, "cold": _OF_ALL}
    return [
        *_asked(Place(work, usual), _QUESTIONS, commits, limits),
        # These ask which digests any environment ran; the profile `baseline` has no rule that does.
        *_asked(Place(work, replace(usual, digests=True, profile="general")), _WITH_DIGESTS, commits, of_all),
    ]


def _asked(
    place: Place, questions: Mapping[str, Sequence[str]], commits: int, limits: Mapping[str, float]
) -> list[Row]:
    place.promote("check", "e1")  # makes the schemas, once
    rows = []
    for title, question in questions.items():
        place.forget()
        log = ("log", "--first-parent", "--format=%H", "--", "overlays/e1")
        git = [place.git(*log)]
        cold, warm = place.promote(*question), place.promote(*question)
        git.append(place.git(*log))
        for name, taken in (("cold", cold), ("warm", warm)):
            rows.append(Row(f"{title}, {name} / git log, {commits:,} commits", taken, min(git), limits.get(name)))
    return rows


def _overlays(work: Path, number: int) -> list[Row]:
    """A check and a comparison of many overlays."""
    place = Place(work, Size(2, overlays=number, images=2, environments=number))
    place.promote("check", "e1")  # makes the schemas, once
    place.forget()
    cold, memory = place.watched("check")
    script = _seconds(_script(place, number), place.folder, _environment(place.cache))
    file = place.folder / "overlays" / "e2" / "kustomization.yaml"
    file.write_text(file.read_text().replace("app-1\n", "app-1\n    newName: registry.example/shop/other\n", 1))
    one, memory_of_one = place.watched("check")
    place.git("checkout", "--", ".")
    differs = place.folder / "base" / "app-1.yaml"
    differs.write_text(differs.read_text().replace("port: 80", "port: 81"))
    some = [f"e{each}" for each in range(1, min(number, _APPLICATIONS) + 1)]
    first, memory_of_diff = place.watched("diff", "--base", "HEAD", *some)
    again = place.promote("diff", "--base", "HEAD", *some)
    place.git("checkout", "--", ".")
    most = max(memory, memory_of_one, memory_of_diff)
    return [
        Row(f"check of {number:,} overlays / the same programs", cold, script, 1.2),
        Row(f"check of {number:,} overlays, 1 changed / 2 s", one, 2.0, 1.0),
        Row(f"diff --base of {len(some):,} of them, again / first", again, first, 0.5),
        Row(f"diff --base of {len(some):,} of them, again / 10 s", again, 10.0, 1.0),
        Row("the most memory of these / 500 MB", most, 500.0, 1.0),
    ]


def _script(place: Place, number: int) -> tuple[str, ...]:
    """The same programs, for as many overlays at once as promote has, by the script of `bench.py`."""
    schemas = next((place.cache / "schemas").iterdir())
    versions = shlex.quote(" ".join(sorted(path.name for path in schemas.iterdir())))
    rules, _ = policies.choose(ROOT, None, _PROFILE)
    # The same rules as promote evaluates, and no others.
    for file in rules.bundle(_PROFILE).files:
        copy = place.folder / file.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
    shutil.copytree(ROOT / "policies" / "data", place.folder / "policies" / "data", dirs_exist_ok=True)
    tools = os.environ.get("PROMOTE_TOOLS") or str(ROOT / ".tools" / "bin")
    targets = " ".join(f"overlays/e{one}" for one in range(1, number + 1))
    command = f"echo {targets} | xargs -n 16 {ROOT}/tools/raw_check.sh {tools} {schemas} {versions}"
    return ("sh", "-c", f"{command}; status=$?; rm -r policies; exit $status")


def _network(work: Path) -> Row:
    """What one rule takes for 400 blocks of addresses, against a tenth of them."""
    taken = []
    for number in (40, 400):
        peers = ", ".join(f"{{ipBlock: {{cidr: 203.{each // 250}.{each % 250}.0/24}}}}" for each in range(number))
        folder = work / f"network-{number}"
        folder.mkdir(exist_ok=True)
        (folder / "all.yaml").write_text(_NETWORK.format(peers=peers))
        environment = {**_environment(work / "cache-network"), "PROMOTE_NO_CACHE": "1"}
        command = (*PROMOTE, "check", "--profile", "system", str(folder))
        _seconds(command, ROOT, environment, denied=True)
        taken.append(min(_seconds(command, ROOT, environment, denied=True) for _ in range(2)))
    return Row("check of 400 blocks of addresses / of 40", taken[1], taken[0], 3.0)


def _drawn(work: Path, most_commits: int, most_overlays: int) -> str:
    commits = [number for number in COMMITS if number <= most_commits]
    series: dict[str, list[float]] = {}
    for number in commits:
        for row in _history(work, number, {"cold": 3.0, "warm": 1.0}):
            series.setdefault(row.title.partition(" / ")[0], []).append(row.ratio)
    overlays = [number for number in OVERLAYS if number <= most_overlays]
    checks: dict[str, list[float]] = {}
    for number in overlays:
        for row in _overlays(work, number):
            checks.setdefault(_SIZE.sub("", row.title), []).append(row.ratio)
    return performance_plot.svg(
        [
            performance_plot.Chart("processor time / git log on the path", "commits", commits, series),
            performance_plot.Chart("ratio of processor times, or to the limit", "overlays", overlays, checks),
        ]
    )


def _environment(cache: Path) -> Mapping[str, str]:
    ours = ("PROMOTE_", "GIT_", "PYTHON")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    tools = os.environ.get("PROMOTE_TOOLS") or str(ROOT / ".tools" / "bin")
    # What is installed is compiled; here, that goes into a folder of the measurement.
    compiled = {"PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": str(cache.with_name("compiled"))}
    return kept | {"PROMOTE_CACHE": str(cache), "PROMOTE_TOOLS": tools} | compiled


def _seconds(command: Sequence[str], folder: Path, environment: Mapping[str, str], denied: bool = False) -> float:
    before = used()
    done = subprocess.run(command, cwd=folder, env=dict(environment), capture_output=True, check=False)
    if done.returncode not in ((0, 1, 3, 4) if command[0] == sys.executable or denied else (0, 123)):
        sys.exit(
            f"{' '.join(command)[:200]} failed:\n{(done.stderr or done.stdout).decode(errors='replace')[-2000:]}"
        )
    return used() - before


if __name__ == "__main__":
    raise SystemExit(main())
