"""promote/promote.schema.json, from which editors complete promote.yaml: renewed from the registries.

Gates, forges and the names of commands, which no environment may have, are in it because promote has them.
"""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path

from promote.commands.registry import COMMANDS
from promote.repository.schema import FILE, schema


def pages(root: Path) -> dict[str, str]:
    """The schema as promote uses it."""
    content = deepcopy(schema())
    content["properties"]["environments"]["propertyNames"]["not"]["enum"] = list(COMMANDS)
    return {FILE.relative_to(root).as_posix(): json.dumps(content, indent=2, ensure_ascii=False) + "\n"}
