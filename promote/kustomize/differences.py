"""The differences of two renderings, as a JSON patch per object, with the values of Secrets hidden."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

from promote.model import Document, Identity

_IMAGE_FIELD = re.compile(r"(.*/(?:initContainers|containers|ephemeralContainers))/\d+/image")
_SECRET_FIELDS = ("data", "stringData")
# `kubectl apply` writes the whole object into it, with all values.
_COPY = "kubectl.kubernetes.io/last-applied-configuration"
HIDDEN = "***"
_MOST_ITEMS = 1_000  # that come, go or change in the lists and mappings of an object


@dataclass(frozen=True, slots=True)
class Difference:
    """One place in which two renderings differ; `old` or `new` is None where there is no value.

    `is_image` is true if the image of a container changes to another image, `is_hash` if a name changes
    because it ends with a hash of what else changes in the object.
    """

    resource: Identity
    path: str
    old: Any
    new: Any
    is_image: bool = False
    is_hash: bool = False


def redacted(content: Mapping[str, Any]) -> dict[str, Any]:
    """`content` without the values of a Secret; its keys stay."""
    if content.get("kind") != "Secret":
        return dict(content)
    shown = dict(content)
    for key in shown.keys() & set(_SECRET_FIELDS):
        shown[key] = dict.fromkeys(shown[key], HIDDEN) if isinstance(shown[key], Mapping) else HIDDEN
    metadata: Any = shown.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    if isinstance(annotations, Mapping) and _COPY in annotations:
        shown["metadata"] = {**metadata, "annotations": {**annotations, _COPY: HIDDEN}}
    return shown


def differences(before: Iterable[Document], after: Iterable[Document]) -> list[Difference]:
    """Where two renderings differ, object by object, with the values of Secrets hidden."""
    old = {document.identity: document.content for document in before}
    new = {document.identity: document.content for document in after}
    found: list[Difference] = []
    renamed = _renamed(old.keys() - new.keys(), new.keys() - old.keys())
    for who in sorted((old.keys() | new.keys()) - set(renamed.values())):
        if who in renamed:
            parts = list(_within(who, old[who], new[renamed[who]]))
            # If nothing else changes, the name does not depend on the content: these are two objects.
            found.extend(replace(one, is_hash=one.path == "/metadata/name" and len(parts) > 1) for one in parts)
        elif who not in old or who not in new:
            found.append(Difference(who, "", _shown(old.get(who)), _shown(new.get(who))))
        elif json.dumps(old[who], default=repr) != json.dumps(new[who], default=repr):
            # `!=` would take 1 and true for the same.
            found.extend(_within(who, old[who], new[who]))
    return found


def _renamed(gone: Iterable[Identity], come: Iterable[Identity]) -> dict[Identity, Identity]:
    """By Job that is gone, the Job that has come under its name with another hash."""
    # Other generated objects are found by what refers to them, and a difference shows both.
    old, new = (
        {
            who: replace(who, name=who.written_name)
            for who in side
            if who.kind == "Job" and who.written_name != who.name
        }
        for side in (gone, come)
    )
    unique = {name for name, count in Counter(old.values()).items() if count == 1}
    unique &= {name for name, count in Counter(new.values()).items() if count == 1}
    successors = {name: who for who, name in new.items()}
    return {who: successors[name] for who, name in old.items() if name in unique}


def _shown(content: Mapping[str, Any] | None) -> Any:
    return None if content is None else redacted(content)


def _within(who: Identity, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    # Imported here: only a change needs it.
    import jsonpatch

    large = _Large()
    state, goal = large.without(old, new, "")
    yield from (_difference(who, *one) for one in large.found)
    for step in jsonpatch.make_patch(state, goal).patch:
        # A move makes two differences. The paths of a step refer to the result of the steps before it.
        if step["op"] == "move":
            yield _difference(who, step["from"], deepcopy(_at(state, step["from"])), None)
        before = _at(state, step["path"]) if step["op"] in ("replace", "remove") else None
        after = deepcopy(_at(state, step["from"]) if step["op"] == "move" else step.get("value"))
        # A map with this name and a key "0" does not hold containers.
        field = _IMAGE_FIELD.fullmatch(step["path"]) if isinstance(before, str) and isinstance(after, str) else None
        is_image = field is not None and isinstance(_at(state, field[1]), list)
        yield _difference(who, step["path"], before, after, is_image)
        # In place: with a copy for each step, the time would grow with the square of the changed values.
        state = jsonpatch.apply_patch(state, [step], in_place=True)


@dataclass(slots=True)
class _Large:
    """What differs in so many items that the shortest patch would take too long: it is `found` by itself.

    Of a mapping, that is each key that only one side has, of a list the whole list.
    """

    found: list[tuple[str, Any, Any]] = field(default_factory=list)
    left: int = field(default_factory=lambda: _MOST_ITEMS)

    def without(self, old: Any, new: Any, path: str) -> tuple[Any, Any]:
        """Copies without it."""
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            return self._mappings(old, new, path)
        if isinstance(old, list) and isinstance(new, list):
            return self._lists(old, new, path)
        return deepcopy(old), deepcopy(new)

    def _mappings(self, old: Mapping[str, Any], new: Mapping[str, Any], path: str) -> tuple[Any, Any]:
        apart = old.keys() ^ new.keys()
        self.left -= len(apart)
        keep: Collection[str] = apart
        if self.left < 0:
            self.found += [
                (_below(path, key), deepcopy(old.get(key)), deepcopy(new.get(key))) for key in sorted(apart)
            ]
            keep = ()
        both = {key: self.without(old[key], new[key], _below(path, key)) for key in old if key in new}
        one, other = (
            {key: both[key][side] if key in both else deepcopy(value) for key, value in whole.items()
             if key in both or key in keep}
            for side, whole in enumerate((old, new))
        )  # fmt: skip
        return one, other

    def _lists(self, old: list[Any], new: list[Any], path: str) -> tuple[Any, Any]:
        pairs = list(zip(old, new, strict=False))
        self.left -= abs(len(old) - len(new)) + sum(_are_apart(one, other) for one, other in pairs)
        if self.left < 0 and old != new:
            self.found.append((path, deepcopy(old), deepcopy(new)))
            return f"\0{path}", f"\0{path}"  # a text that is nowhere else
        both = [self.without(one, other, f"{path}/{at}") for at, (one, other) in enumerate(pairs)]
        one, other = (
            [*(pair[side] for pair in both), *deepcopy(whole[len(pairs) :])] for side, whole in enumerate((old, new))
        )
        return one, other


def _are_apart(one: Any, other: Any) -> bool:
    kinds = [(isinstance(value, Mapping), isinstance(value, list)) for value in (one, other)]
    return kinds[0] != kinds[1] or (not any(kinds[0]) and one != other)


def _below(path: str, key: str) -> str:
    return f"{path}/{key.replace('~', '~0').replace('/', '~1')}"


def _at(state: Any, path: str) -> Any:
    from jsonpointer import resolve_pointer

    return resolve_pointer(state, path)


def _difference(who: Identity, path: str, old: Any, new: Any, is_image: bool = False) -> Difference:
    return Difference(who, path, _safe(who, path, old), _safe(who, path, new), is_image)


def _safe(who: Identity, path: str, value: Any) -> Any:
    """`value`, which is at `path` of the object `who`, as `redacted` would show it there."""
    if who.kind != "Secret" or value is None:
        return value
    from jsonpointer import JsonPointer

    parts = JsonPointer(path).parts
    whole = value
    for part in reversed(parts):
        whole = {part: whole}
    shown: Any = redacted({"kind": "Secret", **whole})
    for part in parts:
        # A hidden value hides everything in it.
        shown = shown[part] if isinstance(shown, Mapping) else shown
    return shown


def others(found: Sequence[Difference]) -> list[Difference]:
    """The differences other than changes of a container's image, and of the hash of an object that changes."""
    return [difference for difference in found if not (difference.is_image or difference.is_hash)]
