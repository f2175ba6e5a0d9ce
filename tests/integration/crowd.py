"""A repository that many write to at the same time, and what must be true of it afterwards."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from subprocess import Popen

from tests.integration import sandbox
from tests.integration.sandbox import Clone, Outcome, Sandbox
from tests.integration.tiny import DEPLOYMENT

SERVICES = [f"s{number:02}" for number in range(50)]


def overlay(environment: str, versions: Mapping[str, str]) -> str:
    """An environment's file, with a version for each service."""
    images = "".join(f'  - name: shop/{name}\n    newTag: "{tag}"\n' for name, tag in versions.items())
    return f"namespace: shop-{environment}\nresources: [../../base]\nimages:\n{images}"


def create(folder: Path, env: Mapping[str, str]) -> None:
    """A template of the repository, for `sandbox.copy`."""
    root = folder / "clone"
    sandbox.write_tiny(root)
    with (root / "promote.yaml").open("a") as config:
        config.write("forge: {merge: squash}\n")
    (root / "base/deployments.yaml").write_text("---\n".join(DEPLOYMENT.format(name=name) for name in SERVICES))
    for environment, tag in (("staging", "1.1.0"), ("production", "1.0.0")):
        file = root / f"overlays/{environment}/kustomization.yaml"
        file.write_text(overlay(environment, dict.fromkeys(SERVICES, tag)))
    sandbox.create(folder, env)


def cache_of_its_own(clone: Clone, name: str) -> dict[str, str]:
    """A cache that has everything except the turns."""
    cache = Path(clone.env["PROMOTE_CACHE"])
    copy = clone.root.parent / f"cache-{name}"
    shutil.copytree(cache, copy, ignore=shutil.ignore_patterns("turns"))
    return {"PROMOTE_CACHE": str(copy)}


def machine_of_its_own(clone: Clone, name: str) -> dict[str, str]:
    """What another machine has: a cache and a folder for temporary files that nobody shares."""
    temporary = clone.root.parent / f"tmp-{name}"
    temporary.mkdir()
    return cache_of_its_own(clone, name) | {"TMPDIR": str(temporary)}


def end(running: Sequence[Popen[str]], timeout: float = 900) -> list[Outcome]:
    """Wait for processes that were started."""
    done = [(child.communicate(timeout=timeout), child.returncode) for child in running]
    return [Outcome(code, out, err) for (out, err), code in done]


def line(shared: Sandbox) -> list[str]:
    """The commits of the shared branch, oldest first; each has one parent."""
    listed = shared.at_origin("rev-list", "--reverse", "--parents", "main").splitlines()
    assert all(len(one.split()) <= 2 for one in listed), "history is not linear"
    return [one.split()[0] for one in listed]


def assert_whole(shared: Sandbox) -> None:
    """Nothing is half-written, and no commit takes back what another one has done in the same file."""
    shared.at_origin("fsck", "--strict")
    commits = line(shared)
    for parent, commit in pairwise(commits):
        for environment in ("staging", "production"):
            path = f"overlays/{environment}/kustomization.yaml"
            before, after = (shared.at_origin("show", f"{one}:{path}").splitlines() for one in (parent, commit))
            assert len(before) == len(after)
            changed = [new for old, new in zip(before, after, strict=True) if old != new]
            title = shared.at_origin("log", "-1", "--format=%s", commit)
            named = [name for name in SERVICES if name in title]
            # Of several versions, the title of a promotion names the first and counts the others: `, +1)`.
            more = re.search(r", \+(\d+)\)", title)
            assert len(changed) <= max(1, len(named)) + int(more[1] if more else 0), (title, changed)
