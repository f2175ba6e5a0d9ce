"""Versions at a place that promote.yaml names: a value of a YAML file, or a line `NAME=version` of another file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from yaml.nodes import Node, ScalarNode

from promote.versions import refs
from promote.versions.atoms import Atom, Place, Role, documents
from promote.versions.fields import split
from promote.versions.slots import Said, Slot
from promote.versions.spots import Sheet, Spot
from promote.yamltext import places, reader

_KEY = re.compile(r"[A-Za-z0-9_.-]+=")  # of a literal, `NAME=version`
_DIGEST = re.compile(r"sha(?:256|512):.*")


@dataclass(frozen=True, slots=True)
class Declared:
    """A version called `name`: in `file`, relative to an environment's folder, at `path`.

    `path` is a JSON pointer, or keys and positions with dots between them; of a file that is not YAML, a name.
    """

    name: str
    file: str
    path: str


def slot(one: Declared, data: bytes, file: str) -> Slot | None:
    """What is at the declared place of `file`; None where no version is there that could be edited."""
    atom = _in_yaml(one, Sheet.parse(data, file)) if is_yaml(file) else _in_lines(one, data)
    if atom is None or not atom.text:
        return None
    said, is_bundle = {atom.role: Said(file, atom)}, refs.parse(atom.spot.text) is not None
    return Slot("declared", frozenset([one.name]), (one.name,), False, said, called=one.name, is_bundle=is_bundle)


def is_yaml(file: str) -> bool:
    """Whether a file is YAML or JSON, by its name."""
    return file.endswith((*reader.SUFFIXES, "Kustomization"))


def edited(data: bytes, file: str, edits: Sequence[tuple[Spot, str]]) -> bytes:
    """The file with new texts for some spots; raises EditRefused if anything else in it would change."""
    if is_yaml(file):
        return Sheet.parse(data, file).edited(edits)
    text = data.decode()
    for spot, new in sorted(edits, key=lambda edit: -edit[0].start):
        text = text[: spot.start] + new + text[spot.end :]
    return text.encode()


def at_path(sheet: Sheet, path: str) -> Place | None:
    """What is at `path` in the first document that has it; an item of a list also by name, or `NAME` of `NAME=…`."""
    steps = places.parts(path) if path.startswith("/") else path.split(".")
    for top in documents(sheet):
        at: Place | None = top
        for step in steps:
            at = next((each for each in at.below() if step in _names(each)), None) if at else None
        if at is not None:
            return at
    return None


def key_of(node: Node) -> str:
    """`NAME=` of the literal `NAME=…`; empty for anything else."""
    key = _KEY.match(str(node.value)) if isinstance(node, ScalarNode) else None
    return key[0] if key else ""


def line(name: str, text: str) -> re.Match[str] | None:
    """The line `NAME=value` of a text; its first group is the value."""
    return re.search(rf"^{re.escape(name)}=(.*?)\r?$", text, re.MULTILINE)


def _in_yaml(one: Declared, sheet: Sheet) -> Atom | None:
    at = at_path(sheet, one.path)
    spot = at.spot if at else None
    if at is None or spot is None:
        return None
    if ref := refs.parse(spot.text):
        return Atom((one.name,), at.pointer, "tag", spot, ref.before, ref.after)
    before = key_of(at.node)
    return Atom((one.name,), at.pointer, _role(spot.text.removeprefix(before)), spot, before)


def _names(at: Place) -> tuple[str, ...]:
    key = key_of(at.node).removesuffix("=") if isinstance(at.pointer[-1], int) else ""
    return (str(at.pointer[-1]), str(at.named[-1]), *([key] if key else []))


def spot_of_line(name: str, text: str) -> Spot | None:
    """The value in the line `NAME=value` of a text; None if there is none."""
    found = line(name, text)
    return Spot((), found[1], *found.span(1), "", text.count("\n", 0, found.start()) + 1) if found else None


def _in_lines(one: Declared, data: bytes) -> Atom | None:
    try:
        spot = spot_of_line(one.path, data.decode())
    except UnicodeDecodeError:
        return None
    return Atom((one.name,), (), _role(spot.text), spot) if spot else None


def _role(text: str) -> Role:
    if _DIGEST.fullmatch(text):
        return "digest"
    repository, version = split(text)
    return "reference" if version.tag or (version.digest and "/" in repository) else "tag"
