"""The folder of the policies: its Rego files, what they say of themselves, and what is waived."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from promote import documents, rules, waivers
from promote.errors import ConfigError
from promote.rules import Rule

_SCHEMA = Path(__file__).with_name("waivers.schema.json")


def rego_files(policies: Path) -> list[Path]:
    """The Rego files in a folder that are no tests; raises ConfigError where there is none."""
    found = sorted(path for path in policies.rglob("*.rego") if not path.name.endswith("_test.rego"))
    if not found:
        raise ConfigError(f"there is no Rego rule in {policies.name}: point `policies:` in promote.yaml at them")
    return found


def described(root: Path, policies: Path) -> tuple[Rule, ...]:
    """The rules in a folder, with their files relative to `root`; raises ConfigError where there is none."""
    return rules.read({
        (file.relative_to(root) if file.is_relative_to(root) else file).as_posix(): file.read_text("utf-8")
        for file in rego_files(policies)
    })  # fmt: skip


def waived(file: Path, root: Path, policies: Path, today: date) -> tuple[waivers.Entry, ...]:
    """The waivers in `file`, none where there is no such file; raises ConfigError as `waivers.parse` does."""
    if not file.is_file():
        return ()
    known = [rule.id for rule in described(root, policies)]
    schema = json.loads(_SCHEMA.read_bytes())
    return waivers.parse(file.read_bytes(), documents.shown(file, root.resolve()), schema, known, today)
