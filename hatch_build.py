"""Adds to a wheel what `make dist` has put into a folder: the programs, schemas and licences for one platform.

Without that folder the wheel has the Python code and the rules alone, and works on any platform.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VARIABLE = "PROMOTE_WHEEL_FILES"


class PlatformFiles(BuildHookInterface):
    """Makes the wheel one of a platform."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the folder that the environment names; an editable installation has its files in the checkout."""
        folder = os.environ.get(VARIABLE)
        if not folder or version == "editable":
            return
        build_data["pure_python"] = False
        build_data["tag"] = json.loads(Path(folder, "wheel.json").read_text(encoding="utf-8"))["tag"]
        build_data["force_include"][str(Path(folder, "promote"))] = "promote"
