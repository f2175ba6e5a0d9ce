"""What an entry of `configMapGenerator` says at a key: a literal, a line of a file, or a whole file."""

from __future__ import annotations

from collections.abc import Collection
from posixpath import basename, join, normpath

from promote.kustomize.fields import CHANGING
from promote.kustomize.layer import Layer
from promote.versions import declared
from promote.versions.atoms import Atom, Place, items
from promote.versions.slots import Said, Slot
from promote.versions.spots import Spot
from promote.yamltext import places

KIND = "ConfigMap"
_FIELD, _DATA = "configMapGenerator", "data"
_QUOTES = ("'", '"')


def apply(layer: Layer, slots: list[Slot], keys: Collection[str]) -> None:
    """Add a slot for each of the `keys` that a kustomization generates, or change the one that is there."""
    for entry in layer.items(_FIELD):
        name, behavior = places.text(entry.node, "name"), places.text(entry.node, "behavior")
        for key in keys:
            said = _literal(entry, key) or _line(layer, entry, key) or _file(layer, entry, key)
            if said is None:
                continue
            group = (_DATA, key)
            there = [one for one in slots if one.group == group and one.is_of(KIND, [name])]
            for slot in there if behavior in CHANGING else ():
                slot.say(said)
            if behavior not in CHANGING or not there:
                slots.append(Slot(KIND, frozenset([name]), group, False, {"text": said}))


def _literal(entry: Place, key: str) -> Said | None:
    for item in items(entry.at("literals")):
        name, equals, value = str(item.node.value).partition("=")
        if name == key and equals and (spot := item.spot):
            # As kustomize does: quotes around a value are not a part of it.
            is_quoted = len(value) > 1 and value[0] == value[-1] and value[0] in _QUOTES
            quote = value[0] if is_quoted else ""
            return _said(item.sheet.source, key, spot, f"{key}={quote}", quote)
    return None


def _line(layer: Layer, entry: Place, key: str) -> Said | None:
    for item in [*items(entry.at("envs")), *filter(None, [entry.at("env")])]:
        path, text = _text(layer, str(item.node.value))
        if spot := declared.spot_of_line(key, text):
            return _said(path, key, spot)
    return None


def _file(layer: Layer, entry: Place, key: str) -> Said | None:
    for item in items(entry.at("files")):
        name, _, file = str(item.node.value).rpartition("=")
        if key == (name or basename(file)):
            path, text = _text(layer, file)
            is_one_word = bool(text) and len(text.split()) == 1 and text == text.strip()
            return _said(path, key, Spot((), text, 0, len(text), "", 1)) if is_one_word else None
    return None


def _text(layer: Layer, name: str) -> tuple[str, str]:
    """The path and the text of a file; without text if it may not be read, or would be edited as YAML."""
    path = normpath(join(layer.folder, name))
    data = layer.data(name) if not declared.is_yaml(path) else None
    try:
        return path, (data or b"").decode()
    except UnicodeDecodeError:
        return path, ""


def _said(file: str, key: str, spot: Spot, before: str = "", after: str = "") -> Said:
    return Said(file, Atom((_DATA, key), (_DATA, key), "text", spot, before, after))
