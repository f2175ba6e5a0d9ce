"""The JSON schema of promote.yaml: promote.schema.json, completed from the registries of gates, forges and engines.

Editors read the file, so `make docs` writes the additions into it; promote itself reads them from the registries.
"""

from __future__ import annotations

from functools import cache as once
from pathlib import Path
from typing import Any

from promote.engines.registry import ENGINES
from promote.forge.registry import FORGES
from promote.gates import registry
from promote.yamltext import reader

FILE = Path(__file__).parents[1] / "promote.schema.json"


@once
def schema() -> dict[str, Any]:
    """The schema that validates promote.yaml."""
    content: dict[str, Any] = reader.from_json(FILE.read_bytes())
    properties = content["properties"]
    properties["forge"]["properties"]["kind"]["enum"] = ["auto", *FORGES]
    of_environment = properties["environments"]["additionalProperties"]["properties"]
    of_environment["engine"]["properties"]["kind"]["enum"] = ["auto", *ENGINES]
    settings = {name: gate.schema for name, gate in registry.load().items() if gate.schema is not None}
    of_environment["gates"]["properties"] = settings
    return content
