"""Write a repository as large as a monorepo becomes, in seconds: commits, overlays, images, environments.

`large_repository.py FOLDER [--commits 50000] [--overlays 1000] [--images 20] [--environments 300] [--digests]` makes
FOLDER. Each commit after the first gives one image of one environment a new version; every tenth goes to the first
environment. The same numbers always make the same commits. `git fast-import` writes them without a checkout of each.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_START = 1_700_000_000  # seconds since 1970: the date of the first commit
_STEP = 600  # seconds from one commit to the next
_OFTEN = 10  # one commit in so many is for the first environment
_SERVICE = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: app-{n}}}
spec:
  selector: {{matchLabels: {{app: app-{n}}}}}
  template:
    metadata: {{labels: {{app: app-{n}}}}}
    spec:
      securityContext: {{runAsNonRoot: true, seccompProfile: {{type: RuntimeDefault}}}}
      containers:
        - name: server
          image: registry.example/shop/app-{n}
          securityContext: {{allowPrivilegeEscalation: false, capabilities: {{drop: [ALL]}}}}
---
apiVersion: v1
kind: Service
metadata: {{name: app-{n}}}
spec: {{selector: {{app: app-{n}}}, ports: [{{port: 80}}]}}
"""


@dataclass(frozen=True, slots=True)
class Size:
    """How much the repository holds; `images` are those of one overlay, `soak` a gate of every environment.

    With `digests`, each version has one, too. `profile` is that of promote.yaml.
    """

    commits: int = 50_000
    overlays: int = 1_000
    images: int = 20
    environments: int = 300
    soak: str = ""
    digests: bool = False
    profile: str = "baseline"


def write(folder: Path, size: Size) -> None:
    """Make the repository in `folder`, which must not exist, and check its newest commit out."""
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", str(folder)], check=True)
    feed = ["git", "-C", str(folder), "fast-import", "--quiet", "--depth=50"]
    with subprocess.Popen(feed, stdin=subprocess.PIPE) as child:
        if child.stdin is None:
            raise AssertionError("a pipe was asked for")
        for part in _stream(size):
            child.stdin.write(part)
    if child.returncode:
        raise SystemExit("git fast-import failed")
    subprocess.run(["git", "-C", str(folder), "reset", "--quiet", "--hard"], check=True)


def _stream(size: Size) -> Iterator[bytes]:
    versions = [[0] * size.images for _ in range(size.overlays)]
    yield _commit(0, "start")
    yield _file("promote.yaml", _settings(size))
    yield _file("base/kustomization.yaml", _list("resources", [f"app-{n}.yaml" for n in range(size.images)]))
    for number in range(size.images):
        yield _file(f"base/app-{number}.yaml", _SERVICE.format(n=number))
    for number, own in enumerate(versions):
        yield _file(f"overlays/e{number + 1}/kustomization.yaml", _overlay(number, own, size.digests))
    for commit in range(1, size.commits):
        turn = commit // _OFTEN * (_OFTEN - 1) + commit % _OFTEN
        chosen = 0 if commit % _OFTEN == 0 else turn % size.environments
        image = (commit // _OFTEN if chosen == 0 else turn // size.environments) % size.images
        versions[chosen][image] = commit
        yield _commit(commit, f"e{chosen + 1}: app-{image} 1.{commit}.0")
        yield _file(f"overlays/e{chosen + 1}/kustomization.yaml", _overlay(chosen, versions[chosen], size.digests))


def _commit(number: int, subject: str) -> bytes:
    who = f"Release <release@example.invalid> {_START + number * _STEP} +0000"
    return f"commit refs/heads/main\ncommitter {who}\ndata {len(subject)}\n{subject}\n".encode()


def _file(path: str, text: str) -> bytes:
    return f"M 100644 inline {path}\ndata {len(text)}\n{text}\n".encode()


def _settings(size: Size) -> str:
    gates = f", gates: {{soak: {size.soak}}}" if size.soak else ""
    lines = [
        f"  e{number}: {{path: overlays/e{number}{gates if number > 1 else ''}}}"
        for number in range(1, size.environments + 1)
    ]
    return "\n".join([f"profile: {size.profile}", "environments:", *lines, ""])


def _overlay(number: int, versions: list[int], digests: bool) -> str:
    entries = [
        f'  - name: registry.example/shop/app-{image}\n    newTag: "1.{version}.0"\n'
        + (_digest(version) if digests else "")
        for image, version in enumerate(versions)
    ]
    return f"namespace: e{number + 1}\nresources: [../../base]\nimages:\n{''.join(entries)}"


def _digest(version: int) -> str:
    return f"    digest: sha256:{hashlib.sha256(str(version).encode()).hexdigest()}\n"


def _list(name: str, items: list[str]) -> str:
    return "".join([f"{name}:\n", *(f"  - {item}\n" for item in items)])


def main() -> None:
    """Make the repository that the arguments describe."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    usual = Size()
    for name in ("commits", "overlays", "images", "environments"):
        parser.add_argument(f"--{name}", type=int, default=getattr(usual, name))
    parser.add_argument("--soak", default=usual.soak, help="a soak time for every environment but the first")
    parser.add_argument("--profile", default=usual.profile, help="the profile of rules (baseline)")
    parser.add_argument("--digests", action="store_true", help="give each version a digest, too")
    given = vars(parser.parse_args())
    write(given.pop("folder"), Size(**given))


if __name__ == "__main__":
    main()
