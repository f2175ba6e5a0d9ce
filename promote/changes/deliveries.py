"""Versions of what Flux and Argo CD take from elsewhere, in fields of rendered objects that no promotion follows.

Such as the chart of a HelmRelease, the tag of an OCIRepository, or an item in the list of an ApplicationSet.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from posixpath import dirname, normpath
from typing import Any, TypeAlias

from promote.errors import RenderError
from promote.kustomize import documents
from promote.kustomize.reads import reads
from promote.kustomize.sheets import Sheets
from promote.model import Document
from promote.versions.fields import split
from promote.yamltext import reader

# What is called like a version in the values of a chart, and there is moved as the version of an image.
_MEANT = re.compile(r"(tag|version|digest|image)$", re.IGNORECASE)
_APPLIES = re.compile(rb"kustomize\.toolkit\.fluxcd\.io|argoproj\.io")
_PATH = re.compile(rb"""^[ -]*path:\s*["']?(?:\./)?([\w./-]+)["']?\s*$""", re.MULTILINE)
_OPERATION = re.compile(
    rb"path\W{1,9}/\S*(revision|version|ref|semver|commit|branch|tag|digest|image)\b", re.IGNORECASE
)
_RANGE = re.compile(r"[<>=^~*|,\s]|\.x\b", re.IGNORECASE)
_FOLLOWED = ("tag", "digest", "image")
_NOT_MEANT = ("apiVersion",)
# The first that an object has is what Flux takes.
_OF_REF = ("digest", "commit", "name", "semver", "tag", "branch")
_NAMING = ("name", "app", "appName", "service", "component", "chart")


@dataclass(frozen=True, slots=True)
class Taken:
    """The place of a version: the object that says it, of what it is a version, and the keys to it."""

    kind: str
    name: str
    of: str
    keys: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.name} {self.keys}{f' of {self.of}' if self.of else ''}"


_Found: TypeAlias = Iterator[tuple[str, str, Any]]  # of what, keys, and the version


def kinds(sheets: Sheets, folders: Collection[str]) -> list[str]:
    """The kinds of such objects that a file mentions which is read to build one of the folders."""
    files = frozenset[str]().union(*(reads(sheets, folder) for folder in folders))
    texts = [sheets.data(file) or b"" for file in files]
    return [kind for kind, says in _SAYS.items() if any(says.search(text) for text in texts)]


def operated(sheets: Sheets, files: Collection[str]) -> list[str]:
    """The kinds of such objects whose versions the JSON patches in these files may change."""
    if not any(_OPERATION.search(sheets.data(file) or b"") for file in files):
        return []
    texts = [sheets.data(file) or b"" for file in files if sheets.is_kustomization(file)]
    return [kind for kind, says in _SAYS.items() if any(says.search(text) for text in texts)]


def applied(sheets: Sheets, folders: Collection[str]) -> list[str]:
    """The other folders with a kustomization that such objects name as the path of what they apply."""
    files = frozenset[str]().union(*(reads(sheets, folder) for folder in folders))
    known = {*folders, *(dirname(file) for file in files)}
    texts = [data for file in files if _APPLIES.search(data := sheets.data(file) or b"")]
    paths = {normpath(found.decode("utf-8", "replace")) for text in texts for found in _PATH.findall(text)}
    return sorted(path for path in paths - known if sheets.kustomization(path))


def written(sheets: Sheets, folder: str, other: str) -> list[Document]:
    """The objects in the files that building `folder` reads, as they are written, with what patches say of them.

    What building the `other` folder reads, too, comes first: what only this one reads may change it. What is not YAML
    is left out.
    """
    own, theirs = reads(sheets, folder), reads(sheets, other)
    found: dict[tuple[str, str, str], Document] = {}
    for file in [*sorted(own & theirs), *sorted(own - theirs)]:
        text = (sheets.data(file) or b"").decode("utf-8-sig", "replace")
        for whole in _objects(text, file):
            for one in (whole, *(each for patch in _patches(whole) for each in _objects(patch, file))):
                who = one.identity
                key = (who.kind, who.namespace, who.name)
                found[key] = Document(who, _merged(found[key].content, one.content)) if key in found else one
    return list(found.values())


def _merged(old: Any, new: Any) -> Any:
    if not (isinstance(old, Mapping) and isinstance(new, Mapping)):
        return new
    return {**old, **{key: _merged(old.get(key), value) for key, value in new.items()}}


def _objects(text: str, file: str) -> list[Document]:
    if not _SPOKEN.search(text):
        return []
    try:
        contents = [reader.from_json(line) for line in documents.canonical(text, file)]
    except (RenderError, ValueError):  # the latter where its JSON is too long
        return []
    return [Document(documents.identity(one), one) for one in contents]


def _patches(document: Document) -> Iterator[str]:
    """The texts of patches within a kustomization."""
    for key in ("patches", "patchesStrategicMerge"):
        items = document.content.get(key)
        for one in items if isinstance(items, list) else []:
            text = one.get("patch") if isinstance(one, Mapping) else one
            if isinstance(text, str) and "\n" in text:
                yield text


def differing(
    source: Iterable[Document], target: Iterable[Document]
) -> Iterator[tuple[Taken, Collection[str], Collection[str]]]:
    """The versions that differ: of objects with the same name, and of other objects that take the same thing."""
    one, other = dict(_all(source)), dict(_all(target))
    for place, version in one.items():
        if place in other:
            yield from _apart(place, {version}, {other[place]})
    theirs, ours = _by_thing(one, other), _by_thing(other, one)
    for thing, versions in theirs.items():
        if thing in ours:
            yield from _apart(next(iter(ours[thing])), set(versions.values()), set(ours[thing].values()))


def _by_thing(here: Mapping[Taken, str], there: Mapping[Taken, str]) -> dict[tuple[str, ...], dict[Taken, str]]:
    """The versions of objects that are only `here`, by what they are versions of."""
    found: dict[tuple[str, ...], dict[Taken, str]] = defaultdict(dict)
    for place, version in here.items():
        if place not in there and place.of:
            found[place.kind, place.of, place.keys][place] = version
    return found


def _apart(place: Taken, theirs: set[str], ours: set[str]) -> Iterator[tuple[Taken, list[str], list[str]]]:
    # `staging` and `production` are branches of the environments, `>=1.0.0-alpha` and `>=1.0.0` are their policies.
    texts = theirs | ours
    is_version = any(character.isdigit() for text in texts for character in text)
    if theirs != ours and is_version and not all(map(_RANGE.search, texts)):
        yield place, sorted(theirs), sorted(ours)


def _all(documents: Iterable[Document]) -> Iterator[tuple[Taken, str]]:
    known = list(documents)
    maps = [one for one in known if one.identity.kind == "ConfigMap"]
    names = ((one, name) for one in maps for name in (one.identity.written_name, one.identity.name))
    texts = {name: one.content.get("data") for one, name in names}
    for document in known:
        who, spec = document.identity, document.content.get("spec")
        if who.kind in _READERS and isinstance(spec, Mapping):
            for of, keys, version in _READERS[who.kind](spec, texts):
                if isinstance(version, str | int | float) and not isinstance(version, bool):
                    yield Taken(who.kind, who.written_name, of, keys), str(version)


def _release(spec: Mapping[str, Any], texts: Mapping[str, Any]) -> _Found:
    """The version of a chart, and what its values say of versions that are not those of images."""
    of = str(_at(spec, "chart", "spec", "chart") or _at(spec, "chartRef", "name") or "")
    yield of, "spec.chart.spec.version", _at(spec, "chart", "spec", "version")
    for keys, version in _called_like_versions(spec.get("values")):
        if keys[-1] not in _FOLLOWED:
            yield of, ".".join(("spec", "values", *keys)), version
    for source in _items(spec, "valuesFrom"):
        name, key = str(source.get("name")), str(source.get("valuesKey") or "values.yaml")
        text = _at(texts.get(name), key) if source.get("kind") == "ConfigMap" else None
        for keys, version in _called_like_versions(_parsed(text)):
            yield of, f"{key} {'.'.join(keys)}", version


def _chart(spec: Mapping[str, Any], _: Mapping[str, Any]) -> _Found:
    yield str(spec.get("chart", "")), "spec.version", spec.get("version")


def _source(spec: Mapping[str, Any], _: Mapping[str, Any]) -> _Found:
    ref = spec.get("ref")
    key = next((key for key in _OF_REF if isinstance(ref, Mapping) and ref.get(key)), None)
    if key:
        yield str(spec.get("url", "")), "spec.ref", _at(ref, key)


def _kustomization(spec: Mapping[str, Any], _: Mapping[str, Any]) -> _Found:
    for image in _items(spec, "images"):
        yield str(image.get("name")), "spec.images", image.get("digest") or image.get("newTag")
    for keys, version in _called_like_versions(_at(spec, "postBuild", "substitute")):
        yield str(spec.get("path", "")), ".".join(("spec", "postBuild", "substitute", *keys)), version


def _application(spec: Mapping[str, Any], _: Mapping[str, Any]) -> _Found:
    single = spec.get("source")
    for source in [*([single] if isinstance(single, Mapping) else []), *_items(spec, "sources")]:
        yield str(source.get("chart") or source.get("repoURL") or ""), "targetRevision", source.get("targetRevision")


def _application_set(spec: Mapping[str, Any], _: Mapping[str, Any]) -> _Found:
    template = _at(spec, "template", "spec")
    yield from _application(template, {}) if isinstance(template, Mapping) else ()
    waiting = [spec.get("generators")]
    while waiting:
        here = waiting.pop()
        elements = _items(here, "elements") if isinstance(here, Mapping) else []
        for element in elements:
            of = str(next((element[key] for key in _NAMING if key in element), ""))
            for keys, version in _called_like_versions({k: v for k, v in element.items() if k not in _NAMING}):
                yield of, f"elements {'.'.join(keys)}", version
        waiting += here.values() if isinstance(here, Mapping) else here if isinstance(here, list) else ()


_READERS: Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any]], _Found]] = {
    "HelmRelease": _release,
    "HelmChart": _chart,
    "GitRepository": _source,
    "OCIRepository": _source,
    "Kustomization": _kustomization,
    "Application": _application,
    "ApplicationSet": _application_set,
}
# Every kustomization may say that it is one.
_SAYS = {
    kind: re.compile(
        rb"kustomize\.toolkit\.fluxcd\.io" if kind == "Kustomization" else rb"kind\W{1,9}%b\b" % kind.encode()
    )
    for kind in _READERS
}
# As text, with the maps that values are taken from.
_SPOKEN = re.compile("|".join((*_READERS, "ConfigMap")))


def _called_like_versions(value: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    waiting: list[tuple[tuple[str, ...], Any]] = [((), value)]
    while waiting:
        keys, here = waiting.pop()
        if isinstance(here, Mapping):
            waiting += [((*keys, str(key)), below) for key, below in here.items()]
        elif isinstance(here, list):
            waiting += [((*keys, str(number)), below) for number, below in enumerate(here)]
        elif keys and _MEANT.search(keys[-1]) and keys[-1] not in _NOT_MEANT:
            is_image = keys[-1].lower().endswith("image")
            if not is_image or split(str(here))[1].is_set:
                yield keys, here


def _parsed(text: Any) -> Any:
    """The first document of values in a ConfigMap; nothing where it is not YAML."""
    try:
        return next(reader.load_all(text, "values"), None) if isinstance(text, str) else None
    except RenderError:
        return None


def _items(value: Any, key: str) -> list[Mapping[str, Any]]:
    found = value.get(key) if isinstance(value, Mapping) else None
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def _at(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value
