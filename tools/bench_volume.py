"""What `promote check` takes: processor time of the overlays and of 1,000 documents, memory of the largest targets.

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
from contextlib import contextmanager
from pathlib import Path

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
        ]
    for title, figure, limit in figures:
        print(f"{title:44} {figure:6.1f} limit {limit:5.0f}{'  BROKEN' if figure > limit else ''}")
    return int(any(figure > limit for _, figure, limit in figures))


def _check(folder: Path, *targets: str) -> tuple[float, float]:
    """Seconds of processor time, and the most MB that promote and all it starts had together."""
    before = _seconds()
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-m", "promote", "check", *targets],
        cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as child, _watched(child.pid) as peaks:  # fmt: skip
        said = child.communicate()[0].decode(errors="replace")
    if child.returncode not in (0, 3):
        sys.exit(f"promote check failed:\n{said}")
    return _seconds() - before, max(peaks)


def _seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@contextmanager
def _watched(pid: int) -> Iterator[list[float]]:
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
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = task.read_text().split()
        except OSError:
            continue  # it has ended
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
