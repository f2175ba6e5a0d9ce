"""What each group of commands needs, and doing what of it is not done."""

from __future__ import annotations

import contextlib
import fcntl
import shutil
from collections.abc import Iterator
from pathlib import Path

from tools.setup import go
from tools.setup.definitions import e2e_files_step, schemas_step
from tools.setup.packages import fuzzer_step, packages_step, promote_step, redis_step, second_opinion_step
from tools.setup.programs import E2E_MODULES, programs_step
from tools.setup.work import Step, Workplace


def steps(root: Path, group: str) -> list[Step]:
    """What a group needs, in the order in which it can be made."""
    promote = [
        packages_step(root),
        promote_step(root),
        schemas_step(root),
        programs_step(root, "promote-tools", "about 2 minutes"),
    ]
    helm = programs_step(root, "helm-tools", "about 3 minutes")
    test = [
        second_opinion_step(root),
        helm,
        programs_step(root, "test-tools", "about a minute"),
        programs_step(root, "prometheus-tools", "about 3 minutes", only="promtool"),
        programs_step(root, "alertmanager-tools", "about a minute"),
    ]
    if group == "kubeseal":
        return [programs_step(root, "e2e/cluster", "about 2 minutes", only="kubeseal")]
    if group == "kube-score":
        return [programs_step(root, "kube-score", "about a minute")]
    if group == "trivy":
        return [programs_step(root, "trivy", "about 8 minutes")]
    if group == "helm":
        return [*promote, helm]
    if group == "fuzz":
        return [*promote[:2], fuzzer_step(root)]
    e2e = [
        e2e_files_step(root),
        *(programs_step(root, module, time) for module, time in E2E_MODULES.items()),
        programs_step(root, "prometheus-tools", "about a minute", only="prometheus"),
    ]
    return promote + {"promote": [], "test": test, "servers": [*test, redis_step(root)], "e2e": e2e}[group]


@contextlib.contextmanager
def locked(root: Path) -> Iterator[int]:
    """Keep every other setup of this checkout waiting."""
    folder = root / ".tools"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("waiting for another setup of this checkout to end", flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


def before(root: Path, step: Step) -> list[Step]:
    """What has to be done before a step that needs Go, on a machine without one: the pip of `.venv` unpacks it."""
    if not step.needs_go or go.installed_go() is not None:
        return []
    return [each for each in (packages_step(root), go.go_step(root)) if not each.done()]


def perform(root: Path, group: str) -> None:
    """Do every step that is not done."""
    with locked(root) as lock:
        work = Workplace(root, lock)
        for leftover in work.tools.glob("building-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        for step in steps(root, group):
            if not step.done():
                for each in [*before(root, step), step]:
                    each.perform(work)
