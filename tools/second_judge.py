"""Compare what checkov says of rendered production with the table of docs/second-judge.md.

`second_judge.py CHECKOV` runs that program, prints each difference, and exits with 1 if there is one.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "second-judge.md"
_ROW = re.compile(r"^\| (CKV\w+) \|.*\| ([^|]+) \|$", re.MULTILINE)
_HASH = re.compile(r"-[2456789bcdfghkmt]{10}$")

Finding = tuple[str, str]


def accepted(page: str) -> set[Finding]:
    """Each check and object of the table."""
    rows: list[tuple[str, str]] = _ROW.findall(page)
    return {(check, name) for check, names in rows for name in re.findall(r"`([^`]+)`", names)}


def failed(report: Any) -> set[Finding]:
    """Each failed check of checkov's JSON, and its object: Kind/name, without the hash of a Job."""
    found = set()
    for each in report["results"]["failed_checks"]:
        kind, _, name = each["resource"].split(".", 2)
        found.add((each["check_id"], f"{kind}/{_HASH.sub('', name) if kind == 'Job' else name}"))
    return found


def differences(report: Any, page: str) -> list[str]:
    """What the table lacks, and what it has in vain. A report without checks is an error of its own."""
    if not report["summary"]["passed"] or report["summary"]["parsing_errors"]:
        return [f"checkov did not read everything: {report['summary']}"]
    found, known = failed(report), accepted(page)
    lacking = [f"{check} {name}: fix it, or accept it with a reason in {PAGE.name}" for check, name in found - known]
    stale = [f"{check} {name}: is no longer found, remove it from {PAGE.name}" for check, name in known - found]
    return sorted(lacking + stale)


def _report(checkov: str) -> Any:
    with tempfile.NamedTemporaryFile(suffix=".yaml") as rendered:
        kustomize = [str(ROOT / ".tools/bin/kustomize"), "build", str(ROOT / "overlays/production")]
        subprocess.run(kustomize, stdout=rendered, check=True, timeout=120)
        asked = [checkov, "--framework", "kubernetes", "--file", rendered.name]
        # It exits with 1 if a check fails, which is the usual case.
        done = subprocess.run(
            [*asked, "--output", "json", "--quiet", "--compact", "--skip-download"],
            stdout=subprocess.PIPE, text=True, timeout=900, check=False,
        )  # fmt: skip
    return json.loads(done.stdout)


def main(arguments: list[str]) -> int:
    """The exit code: 1 for a difference."""
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    found = differences(_report(arguments[0]), PAGE.read_text(encoding="utf-8"))
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
