"""What rules may use of OPA: all that depends on nothing but their input and the tables."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

FILE = "promote/checks/capabilities.json"


def pages(root: Path) -> Mapping[str, str]:
    """The capabilities of the pinned OPA without network, environment, clock and chance, one function a line."""
    done = subprocess.run(
        [root / ".tools/bin/opa", "capabilities", "--current"], capture_output=True, check=True, timeout=60
    )
    content = json.loads(done.stdout)
    allowed = [json.dumps(one) for one in content.pop("builtins") if not one.get("nondeterministic")]
    lines = ",\n    ".join(allowed)
    rest = "".join(f',\n  "{key}": {json.dumps(value)}' for key, value in content.items())
    # With an empty list, schemas in comments of rules and in `json.match_schema` are not fetched either.
    return {FILE: f'{{\n  "allow_net": [],\n  "builtins": [\n    {lines}\n  ]{rest}\n}}\n'}
