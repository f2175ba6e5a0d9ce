"""Objects that SOPS has encrypted. Who applies them decrypts them first, so what is encrypted cannot be judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_OF_SOPS = "sops"  # the key at the top with what SOPS needs to decrypt the rest
_VALUE = "ENC["


def hides(content: Mapping[str, Any], path: str) -> bool:
    """Whether the value at the JSON pointer `path` is one that is not there, or is another, once it is decrypted."""
    added = content.get(_OF_SOPS)
    if not isinstance(added, Mapping) or not isinstance(added.get("mac"), str):
        return False
    first, *rest = path.removeprefix("/").split("/")
    value: Any = content.get(_unescaped(first))
    for part in rest:
        value = _child(value, _unescaped(part))
    return first == _OF_SOPS or (isinstance(value, str) and value.startswith(_VALUE))


def _unescaped(part: str) -> str:
    return part.replace("~1", "/").replace("~0", "~")


def _child(value: Any, key: str) -> Any:
    if isinstance(value, Mapping):
        return value.get(key)
    is_item = isinstance(value, Sequence) and not isinstance(value, str) and key.isdecimal() and int(key) < len(value)
    return value[int(key)] if is_item else None
