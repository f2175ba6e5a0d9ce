"""What `helmCharts` of a kustomization say: the versions of charts, and of the images in their values."""

from __future__ import annotations

import re
from collections.abc import Iterator

from yaml.nodes import ScalarNode

from promote.kustomize.layer import Layer
from promote.versions import atoms
from promote.versions.atoms import Atom, Place, alone, documents
from promote.versions.slots import Said, Slot
from promote.yamltext import places

FIELD = "helmCharts"
_VERSION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_PROTOCOL = re.compile(r"^[a-z]+://")
_HOME = "charts"  # kustomize's own default
_MEANT = re.compile(r"image|tag$|version|digest", re.IGNORECASE)
_NOT_MEANT = re.compile(r"pull|secret", re.IGNORECASE)


def slots(layer: Layer) -> list[Slot]:
    """The version of each chart, and the images in its values as later ones override earlier ones."""
    found = []
    for item in layer.items(FIELD):
        if chart := _chart(layer, item):
            found.append(chart)
        found += _images(layer, item)
    return found


def others(layer: Layer) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """What charts say of versions beyond these slots: the chart and the keys to it, the text, and `file:line`."""
    for item in layer.items(FIELD):
        known = {said.atom.spot.start for slot in _images(layer, item) for said in slot.said.values()}
        name = _called(layer, item)
        version = item.at("version")
        if version is not None and _chart(layer, item) is None:
            yield (name, "version"), str(version.node.value), _where(version)
        for values in _values(layer, item):
            yield from (((name, *keys), text, where) for keys, text, where in _unknown(values, known))


def _unknown(values: Place, known: set[int]) -> Iterator[tuple[tuple[str, ...], str, str]]:
    waiting = [values]
    while waiting:
        here = waiting.pop()
        waiting += here.below()
        keys = ".".join(map(str, here.pointer))
        if isinstance(here.node, ScalarNode) and _MEANT.search(keys) and not _NOT_MEANT.search(keys):
            spot = here.spot
            if spot is None or spot.start not in known:
                yield tuple(map(str, here.named)), str(here.node.value), _where(here)


def _chart(layer: Layer, item: Place) -> Slot | None:
    version = item.at("version")
    spot = version.spot if version else None
    if version is None or spot is None or not _VERSION.fullmatch(spot.text):
        return None
    said = Said(layer.sheet.source, Atom((), version.pointer, "tag", spot))
    return Slot("", frozenset(), (), False, {"tag": said}, called=_called(layer, item), is_bundle=True)


def _called(layer: Layer, item: Place) -> str:
    """The chart with the repository that it is in, or the folder of the repository's own charts."""
    repository = places.text(item.node, "repo")
    home = places.text(places.field(layer.root.node, "helmGlobals"), "chartHome") or _HOME
    return f"{_PROTOCOL.sub('', repository).strip('/') or home}/{places.text(item.node, 'name')}"


def _images(layer: Layer, item: Place) -> list[Slot]:
    release = places.text(item.node, "releaseName") or places.text(item.node, "name")
    found: dict[tuple[str | int, ...], Slot] = {}
    for values in _values(layer, item):
        source = values.sheet.source
        for atom in atoms.of_values(values):
            layer.files[source] = None
            slot = found.setdefault(atom.group, Slot(FIELD, frozenset([release]), atom.group, True))
            slot.say(Said(source, atom))
    return list(found.values())


def _values(layer: Layer, item: Place) -> Iterator[Place]:
    """The values of a chart, those that override others after these."""
    merge = places.text(item.node, "valuesMerge") or "override"
    inline = item.at("valuesInline")
    own = [alone(inline)] if inline else []
    main = _file(layer, places.text(item.node, "valuesFile")) if merge != "replace" or not own else []
    yield from [*own, *main] if merge == "merge" else [*main, *own]
    more = item.at("additionalValuesFiles")
    for name in more.below() if more else ():
        yield from _file(layer, str(name.node.value))


def _file(layer: Layer, name: str) -> list[Place]:
    sheet = layer.read(name)
    return list(documents(sheet))[:1] if sheet else []


def _where(at: Place) -> str:
    return f"{at.sheet.source}:{at.node.start_mark.line + 1}"
