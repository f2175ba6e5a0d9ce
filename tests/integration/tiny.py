"""The smallest repository that promote can work on: two environments, two images, a bare origin."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from promote.cli.main import main

IDENTITY = {
    f"GIT_{role}_{key}": value
    for role in ("AUTHOR", "COMMITTER")
    for key, value in {"NAME": "Test", "EMAIL": "test@example.invalid", "DATE": "2026-01-02T03:04:05Z"}.items()
}
ENVIRONMENT = IDENTITY | {
    "GIT_CONFIG_GLOBAL": str(Path(__file__).with_name("gitconfig")),
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_ALLOW_PROTOCOL": "file",
}

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec: {{containers: [{{name: {name}, image: shop/{name}}}]}}
"""
_OVERLAY = """\
resources: [../../base]
images:
  - name: shop/web
    newTag: "{web}"
  - name: shop/cart
    newTag: "1.0"
"""
CONFIG = """\
environments:
  staging: {path: overlays/staging}
  production: {path: overlays/production}
kubernetes: ["1.36"]
"""
FILES = {
    "promote.yaml": CONFIG,
    "base/kustomization.yaml": "resources: [web.yaml, cart.yaml]\n",
    "base/web.yaml": DEPLOYMENT.format(name="web"),
    "base/cart.yaml": DEPLOYMENT.format(name="cart"),
    "overlays/staging/kustomization.yaml": _OVERLAY.format(web="1.0"),
    "overlays/production/kustomization.yaml": _OVERLAY.format(web="1.0"),
    "policies/main.rego": 'package main\n\ndeny contains {"msg": "never", "rule": "a.b"} if count(input) < 0\n',
    "policies/evaluation.rego": """\
package evaluation

warn contains {"msg": "evaluation", "documents": count(input), "rules": ["a.b"]}
""",
}


@dataclass(frozen=True)
class Tiny:
    """A clone at `root` and its origin beside it."""

    root: Path
    origin: Path

    @classmethod
    def make(cls, folder: Path) -> Tiny:
        """A clone with two revisions of staging, pushed; production lags behind."""
        tiny = cls(folder / "clone", folder / "origin.git")
        git(folder, "init", "--quiet", "--bare", "--initial-branch=main", "--template=", str(tiny.origin))
        git(folder, "clone", "--quiet", "--template=", str(tiny.origin), str(tiny.root))
        git(tiny.root, "checkout", "--quiet", "-B", "main")
        tiny.commit(FILES)
        tiny.commit({"overlays/staging/kustomization.yaml": _OVERLAY.format(web="1.1")})
        return tiny

    def copy(self, folder: Path) -> Tiny:
        """The same in another folder, faster than making it there."""
        tiny = Tiny(folder / "clone", folder / "origin.git")
        shutil.copytree(self.origin, tiny.origin)
        shutil.copytree(self.root, tiny.root)
        config = tiny.root / ".git/config"
        config.write_text(config.read_text().replace(str(self.origin), str(tiny.origin)))
        git(tiny.root, "update-index", "--refresh")  # otherwise Git takes the copied files for changed ones
        return tiny

    def write(self, files: Mapping[str, str | bytes]) -> None:
        """Put `files` into the checkout."""
        for name, content in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def commit(self, files: Mapping[str, str | bytes] | None = None, *, push: bool = True) -> str:
        """Commit `files`, or what the checkout holds, and push."""
        self.write(files or {})
        git(self.root, "add", "--all")
        git(self.root, "commit", "--quiet", "--message=change")
        if push:
            git(self.root, "push", "--quiet", "origin", "HEAD:main")
        return git(self.root, "rev-parse", "HEAD").strip()

    def state(self) -> dict[str, bytes]:
        """Every file of clone and origin: work tree, index, refs, configuration. Only objects may come."""
        found: dict[str, bytes] = {}
        for top in (self.root, self.origin):
            for folder, _, names in os.walk(top):
                if Path(folder).relative_to(top).parts[:2] not in ((".git", "objects"),):
                    found |= {f"{folder}/{name}": (Path(folder) / name).read_bytes() for name in names}
        return found


def git(folder: Path, *arguments: str) -> str:
    """Run Git with a fixed identity and nobody's configuration."""
    done = subprocess.run(
        ["git", *arguments], cwd=folder, check=True, capture_output=True, env=os.environ | ENVIRONMENT
    )
    return os.fsdecode(done.stdout)


def promote(capfd: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    """All that a command says, run in this process and folder; its exit code must be `code`."""
    capfd.readouterr()
    found = main(list(arguments))
    out, err = capfd.readouterr()
    assert found == code, out + err
    return out + err
