"""What promote takes: processor time of the overlays and of 1,000 documents, memory of the largest targets, and how
the processor time of a plan grows with the repository.

Processor time instead of the clock's, because what else a machine does lengthens only the latter: on two processors
that nobody else uses, it takes at least half as long by the clock.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_RUNS = 5  # of which the quickest counts
ROOT = Path(__file__).resolve().parent.parent
_SERVICE = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: app-{n}, namespace: team-{team}}}
spec:
  selector: {{matchLabels: {{app: app-{n}}}}}
  template:
    metadata: {{labels: {{app: app-{n}}}}}
    spec: {{containers: [{{name: server, image: "registry.example/shop/app:1.2.3"}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: app-{n}, namespace: team-{team}}}
spec: {{selector: {{app: app-{n}}}, ports: [{{port: 80}}]}}
"""
# What would take minutes, were each compared with each.
_LONG = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: long, namespace: a}}
spec:
  selector: {{matchLabels: {{app: long}}}}
  template:
    metadata: {{labels: {{app: long}}}}
    spec: {{containers: [{{name: server, image: "registry.example/shop/app:1.2.3", env: [{env}]}}]}}
"""
_DENSE = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: m{n}, namespace: a}}\ndata: {{{data}}}\n"
_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: m{n}, namespace: a}}\ndata: {{a: b}}\n"


def main() -> int:
    """Measure, print each figure with its limit, and return 1 where one is broken."""
    with tempfile.TemporaryDirectory(prefix="promote-bench-") as name:
        work = Path(name).resolve()
        (work / "mixed.yaml").write_text("---\n".join(_SERVICE.format(n=n, team=n % 20) for n in range(500)))
        (work / "maps.yaml").write_text("---\n".join(_MAP.format(n=n) for n in range(10_000)))
        variables = ", ".join(f"{{name: V{n}, value: a}}" for n in range(6_000))
        (work / "long.yaml").write_text(_LONG.format(env=variables))
        keys = ", ".join(f"key-{n}: v" for n in range(24_000))
        (work / "dense.yaml").write_text("---\n".join(_DENSE.format(n=n, data=keys) for n in range(6)))
        _check(ROOT)  # makes the schemas, once
        figures = [
            ("check of both overlays, processor s", _check(ROOT)[0], 6.0),
            ("check of 1,000 documents, processor s", _check(work, "mixed.yaml")[0], 30.0),
            ("check of 6,000 variables, processor s", _check(work, "long.yaml")[0], 12.0),
            ("check of 288,000 keys and values, peak MB", _check(work, "dense.yaml")[1], 500.0),
            ("check of 10,000 documents, peak MB", _check(work, "maps.yaml")[1], 500.0),
            ("plan among 5,000 files, times that of 50", _plan(work, 5_000) / _plan(work, 50), 1.3),
        ]
    for title, figure, limit in figures:
        print(f"{title:44} {figure:6.1f} limit {limit:5.1f}{'  BROKEN' if figure > limit else ''}")
    return int(any(figure > limit for _, figure, limit in figures))


def _plan(work: Path, files: int) -> float:
    """Seconds of processor time of a plan in a repository of so many files, of which two overlays need 7."""
    folder = work / f"plan-{files}"
    overlay = 'resources: [../../base]\nimages: [{name: registry.example/shop/app, newTag: "%s"}]\n'
    names = {"promote.yaml": "environments: {a: {path: overlays/a}, b: {path: overlays/b}}\nprofile: baseline\n"}
    names |= {"base/kustomization.yaml": "resources: [app.yaml]\n", "base/app.yaml": _SERVICE.format(n=1, team=1)}
    names |= {f"overlays/{name}/kustomization.yaml": overlay % version for name, version in (("a", 2), ("b", 1))}
    names |= {f"other/{n % 100}/{n}.yaml": _MAP.format(n=n) for n in range(files - len(names))}
    for name, text in names.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    who = ("-c", "user.name=bench", "-c", "user.email=bench@localhost")
    for arguments in (("init", "--quiet"), ("add", "--all"), (*who, "commit", "--quiet", "--message=all")):
        subprocess.run(["git", *arguments], cwd=folder, check=True)
    return min(_run(folder, "plan", "a", "b")[0] for _ in range(_RUNS))


def _check(folder: Path, *targets: str) -> tuple[float, float]:
    """Seconds of processor time, and the most MB that promote and all it starts had together."""
    return _run(folder, "check", *targets)


def _run(folder: Path, *arguments: str) -> tuple[float, float]:
    """As `_check` for any command."""
    before = used()
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PROMOTE_NO_CACHE": "1"}
    with subprocess.Popen(
        [sys.executable, "-m", "promote", *arguments],
        cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as child, watched(child.pid) as peaks:  # fmt: skip
        said = child.communicate()[0].decode(errors="replace")
    if child.returncode not in (0, 3):
        sys.exit(f"promote {arguments[0]} failed:\n{said}")
    return used() - before, max(peaks)


def used() -> float:
    """Seconds of processor time of all programs that this process has started and that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


@contextmanager
def watched(pid: int) -> Iterator[list[float]]:
    """The MB that a process and all that it starts have together, again and again until the end of the block."""
    peaks, done = [0.0], threading.Event()

    def watch() -> None:
        while not done.wait(0.05):
            peaks.append(sum(map(_megabytes, _tree(pid))))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peaks
    finally:
        done.set()
        watcher.join()


def _tree(pid: int) -> Iterator[int]:
    """The process and all that come from it."""
    yield pid
    children: list[str] = []
    with suppress(OSError):  # it has ended
        for task in Path(f"/proc/{pid}/task").iterdir():
            with suppress(OSError):
                children += (task / "children").read_text().split()
    for child in children:
        yield from _tree(int(child))


def _megabytes(pid: int) -> float:
    """What a process has in memory, of what it shares its part; Linux alone tells."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


if __name__ == "__main__":
    start = time.perf_counter()
    code = main()
    print(f"measured in {time.perf_counter() - start:.0f} s")
    raise SystemExit(code)
