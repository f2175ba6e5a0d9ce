"""How kustomize reads an unquoted YAML scalar: as a string, a number, a boolean or null."""

from __future__ import annotations

import math
import re
from typing import Any

from yaml.nodes import ScalarNode
from yaml.resolver import Resolver

STRING = "tag:yaml.org,2002:str"
NULL = "tag:yaml.org,2002:null"
MERGE = "tag:yaml.org,2002:merge"
BOOLEAN = "tag:yaml.org,2002:bool"
_NUMBER = "tag:yaml.org,2002:float"

_YAML_1_1: Any = Resolver()
_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_BOOLEANS = frozenset(
    form
    for word in ("y", "n", "yes", "no", "on", "off", "true", "false")
    for form in (word, word.title(), word.upper())
)
_RADIX = re.compile(r"[-+]?0(?:x[0-9a-f]+|o[0-7]+|b[01]+)", re.IGNORECASE)
_DECIMAL = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:e[-+]?[0-9]+)?", re.IGNORECASE)
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|nan)", re.IGNORECASE)
# Also incomplete numbers: one parser may read them as strings, another as numbers.
_LIKE_NUMBER = re.compile(r"[-+]?(?:0x[0-9a-f]*|0o[0-7]*|0b[01]*|[0-9]*\.?[0-9]+\.?(?:e[-+]?[0-9]*)?)", re.IGNORECASE)


def plain_tag(text: str) -> str:
    """The YAML tag that kustomize (go-yaml, YAML 1.1) gives the unquoted `text`."""
    if text == "<<":
        return MERGE
    if text in _NULLS:
        return NULL
    if text in _BOOLEANS:
        return BOOLEAN
    return _NUMBER if _is_number(text) else STRING


def _is_number(text: str) -> bool:
    digits = text.replace("_", "")
    if text.startswith("_"):
        return False
    if _RADIX.fullmatch(digits):
        return abs(int(digits, 0)) < 1 << 64
    # An overflow stays a string: `123e456` may be the short hash of a commit.
    return bool(_NOT_FINITE.fullmatch(digits) or (_DECIMAL.fullmatch(digits) and math.isfinite(float(digits))))


def needs_quotes(text: str) -> bool:
    """Whether some YAML 1.1 or 1.2 parser could read the unquoted `text` as anything but a string."""
    if plain_tag(text.lower()) != STRING or _LIKE_NUMBER.fullmatch(text.replace("_", "")):
        return True
    return bool(_YAML_1_1.resolve(ScalarNode, text, (True, False)) != STRING)
