from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_what_works_here_is_printed_with_its_version() -> None:
    command = [sys.executable, "-m", "tools.versions"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    lines = done.stdout.splitlines()
    for start in ("git version ", "GNU Make ", f"Python {platform.python_version()} "):
        assert [line for line in lines if line.startswith(start)]
    of = dict(line.split(": ") for line in lines if line.startswith("tools/"))
    [coverage] = [each for each in of["tools/requirements.txt"].split(", ") if each.startswith("coverage ")]
    assert f"\n{coverage.replace(' ', '==')} " in (ROOT / "tools" / "requirements.txt").read_text()
    go = (ROOT / "tools" / "requirements-go.in").read_text().strip()
    assert of["tools/requirements-go.txt"].replace(" ", "==") == go
    assert {line.split(" v")[0] for line in of["tools/promote-tools"].split(", ")} == {
        "github.com/open-policy-agent/conftest",
        "github.com/yannh/kubeconform",
        "sigs.k8s.io/kustomize/kustomize/v5",
    }
    assert ", k8s.io/kubernetes v1." in of["tools/e2e/cluster"]
