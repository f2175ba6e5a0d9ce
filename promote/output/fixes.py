"""What `check --fix` corrected, refused or proposes instead, as text that `git apply` takes, and as JSON."""

from __future__ import annotations

from promote.fix.outcome import Outcome
from promote.output.values import Json
from promote.output.verdicts import finding_json
from promote.system.printable import number_of


def fixes_text(made: Outcome, write: bool) -> list[str]:
    """The patch, then what was refused and why, then what came of it."""
    done = "fixed" if write else "this patch fixes"
    said = []
    for one in made.refused:
        said += [f"not fixed: {one.finding.rule}: {one.finding.message}", f"      {one.reason}"]
        if one.patch:
            said.append(f"      this in {one.file} fixes it there, and does nothing else:")
            said += [f"        {line}" for line in one.patch]
    left = sum(not one.correction and not one.waiver and one.status != "old" for one in made.before.findings)
    unsure = f"; {left} {'has' if left == 1 else 'have'} no automatic fix" if left else ""
    fixed = f"{number_of(len(made.corrected), 'finding')} in {number_of(len(made.files), 'file')}"
    return [*made.diff(), "", *said, f"{done} {fixed}{unsure}", ""]


def fixes_json(made: Outcome, write: bool) -> Json:
    """The same for programs."""
    return {
        "written": write and bool(made.files),
        "patch": "".join(f"{line}\n" for line in made.diff()),
        "files": list(made.files),
        "mended": [finding_json(finding) for finding in made.corrected],
        "refused": [
            {
                **finding_json(one.finding),
                "reason": one.reason,
                "instead": {"file": one.file, "patch": "\n".join([*one.patch, ""])} if one.patch else None,
            }
            for one in made.refused
        ],
    }
