"""The JSON schemas of Kubernetes' own kinds, one self-contained file for each kind and version, made once.

`promote.api.constraints` adds what the API server refuses although the schemas allow it.

The schemas come with the package kubernetes-validate. Each refers to one file of definitions as large as
all of Kubernetes; a file that holds only what its own kind needs is read several times faster.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache as once
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from promote.api import constraints
from promote.errors import ConfigError, RenderError
from promote.system import cache
from promote.system.snapshot import LARGEST
from promote.yamltext import reader

_REFERENCE = "/api/_definitions.json#/$defs/"
_KIND = "x-kubernetes-group-version-kind"
_DRAFT = "https://json-schema.org/draft/2020-12/schema"  # kubeconform otherwise assumes one without conditions
_NOT_NULL = {"not": {"type": "null"}}
_FORMAT = "5"  # part of the folder's name: raise it when the files are made in another way
_FILE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\.json")
# These texts become parts of a path. Objects that have no kind, or no apiVersion, are reported elsewhere.
_NAMES = re.compile(r"(?!.*\.\.)[^/]{0,253}(/[^/]{0,63})?"), re.compile(r"(?!.*\.\.)[^/]{0,150}")
# A key with `$` at its start, perhaps as an escape, or the base of references in an older draft.
_REFERRING = re.compile(rb'"(\$|\\u00|id")')
_BASES = ("$id", "id")
_METASCHEMA = re.compile(r"https?://json-schema\.org/[\w./-]+#?")


def location(version: str, kinds: Iterable[tuple[str, str]]) -> str:
    """A `-schema-location` for kubeconform under which every known one of `kinds` has its schema.

    `kinds` are (apiVersion, kind). Kinds that Kubernetes `version` (such as `1.36`) does not have get none.
    Raises ConfigError when the whole version is unknown, or the cache cannot be written.
    """
    folder = cache.folder() / "schemas" / release() / version
    try:
        for api_version, kind in kinds:
            name = file_name(api_version, kind)
            if _FILE.fullmatch(name) and not (folder / name).exists():
                _make(version, name, folder / name)
    except OSError as error:
        raise ConfigError(
            f"cannot keep schemas in {folder} ({error.strerror}): set PROMOTE_CACHE to a folder that can be written"
        ) from error
    return str(folder / "{{.ResourceKind}}{{.KindSuffix}}.json")


def packaged() -> tuple[Path, ...]:
    """The schemas of common custom resources that come with promote; in a checkout, those that `make setup` made."""
    package = Path(__file__).resolve().parents[1]
    places = (package / "schemas", package.parent / ".tools" / "schemas")
    return tuple(folder for folder in places if folder.is_dir())[:1]


def of_custom_resources(folders: Sequence[Path], kinds: Iterable[tuple[str, str]]) -> list[str]:
    """A `-schema-location` for each of `folders`, in which the schemas of custom resources are.

    Raises ConfigError for a schema, of one of `kinds`, that refers to anything outside of itself: kubeconform would
    fetch it. Raises RenderError as `insist_on_names` does.
    """
    wanted = list(kinds)
    insist_on_names(wanted)
    for api_version, kind in wanted:
        for folder in folders:
            file = folder / file_below(api_version, kind)
            if file.is_file():
                _insist_on_itself(file)
    return [str(folder / "{{.Group}}" / "{{.ResourceKind}}_{{.ResourceAPIVersion}}.json") for folder in folders]


def read_at(locations: Iterable[str], kinds: Iterable[tuple[str, str]]) -> Iterator[Path]:
    """The folders of these `-schema-location`, and what leads from them to the schemas of `kinds`, if links do."""
    wanted = list(kinds)
    for folder in (Path(one.partition("{{")[0]) for one in locations):
        yield folder
        files = (folder / file_below(*kind) for kind in wanted)
        yield from (file for file in files if file.is_symlink())


def insist_on_names(kinds: Iterable[tuple[str, str]]) -> None:
    """Raise RenderError for a kind that would lead elsewhere as a part of a path."""
    for api_version, kind in kinds:
        if not file_below(api_version, kind):
            raise RenderError(f"'{api_version} {kind}' cannot be the apiVersion and kind of an object: correct them")


def file_below(api_version: str, kind: str) -> str:
    """The schema file of a custom resource in a folder of them; of a part of a path that leads elsewhere, none."""
    if not (_NAMES[0].fullmatch(api_version) and _NAMES[1].fullmatch(kind)):
        return ""
    group, _, version = api_version.rpartition("/")
    return f"{group or version}/{kind.lower()}_{version}.json"


def is_self_contained(data: bytes) -> bool:
    """Whether a schema refers to nothing outside of itself, which kubeconform would fetch."""
    return len(data) <= LARGEST and not (_REFERRING.search(data) and any(_leading_out(data)))


def _insist_on_itself(file: Path) -> None:
    if file.stat().st_size > LARGEST:
        raise ConfigError(f"{file}: the schema has more than {LARGEST >> 20} MiB: divide it, or leave it out")
    data = file.read_bytes()
    if not _REFERRING.search(data):
        return
    try:
        found = next(_leading_out(data), None)
    except ValueError as error:
        # kubeconform may be able to read more, and would follow what is not seen here.
        raise ConfigError(f"{file}: the schema cannot be read ({str(error)[:100]}): correct it") from None
    if found:
        raise ConfigError(f"{file}: `{found}` leads out of this schema: put what it names into the file")


def _leading_out(data: bytes) -> Iterator[str]:
    """What in a schema refers to something outside of it; raises ValueError if it cannot be read."""
    waiting = [reader.from_json(data, LARGEST)]
    while waiting:
        node = waiting.pop()
        waiting += node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
        for key, value in node.items() if isinstance(node, dict) else ():
            if isinstance(value, str) and _leads_out(key, value):
                yield f"{key}: {value}"


def _leads_out(key: str, value: str) -> bool:
    if key == "$schema":
        return not _METASCHEMA.fullmatch(value)
    return (key.startswith("$") and key.endswith(("ef", "Ref")) and not value.startswith("#")) or (
        key in _BASES and ":" in value
    )


def file_name(api_version: str, kind: str) -> str:
    """The schema file of a kind, named as kubeconform and kubernetes-validate both do."""
    group, _, version = api_version.rpartition("/")
    suffix = f"{group.partition('.')[0]}-{version}" if group else version
    return f"{kind}-{suffix}.json".lower()


def _make(version: str, name: str, target: Path) -> None:
    source = _source(version) / name
    if source.exists():
        made = self_contained(reader.from_json(source.read_bytes()), _definitions(version), version)
        cache.write(target, json.dumps(made).encode())


def self_contained(schema: dict[str, Any], definitions: dict[str, Any], version: str) -> dict[str, Any]:
    """`schema` without its prose and with exactly the definitions that it needs, directly or through others.

    They ask what the API server of Kubernetes `version` asks.
    """
    whole = _terse({key: value for key, value in schema.items() if key not in ("$id", "$schema")})
    # The schema of a kind repeats its definition without the name.
    kind = schema.get(_KIND)
    name = next((name for name, one in definitions.items() if kind and one.get(_KIND) == kind), "")
    whole = constraints.constrained(name, _insisting(whole, definitions), version)
    needed: dict[str, Any] = {}
    waiting = list(_references(whole))
    while waiting:
        name = waiting.pop()
        if name not in needed:
            terse = _insisting(_terse(definitions[name]), definitions)
            needed[name] = constraints.constrained(name, terse, version)
            waiting.extend(_references(needed[name]))
    relinked: dict[str, Any] = reader.from_json(
        json.dumps({"$schema": _DRAFT} | whole | {"$defs": needed}).replace(f'"{_REFERENCE}', '"#/$defs/')
    )
    return relinked


def _insisting(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """`schema` without null where the server would read it as an object that lacks a field which it needs."""
    fields = dict(schema.get("properties", {}))
    for field, given in fields.items():
        if field in schema.get("required", ()) and _is_needy(given, definitions):
            fields[field] = {"allOf": [given, _NOT_NULL]}
        elif _is_needy(given.get("items", {}), definitions):
            fields[field] = given | {"items": {"allOf": [given["items"], _NOT_NULL]}}
    return schema | ({"properties": fields} if fields else {})


def _is_needy(given: dict[str, Any], definitions: dict[str, Any]) -> bool:
    name = str(given.get("$ref", "")).rpartition("/")[2]
    return bool(definitions.get(name, {}).get("required") or name in constraints.NEEDY)


def _terse(schema: Any) -> Any:
    """`schema` without descriptions and hints, which say nothing about validity but are most of its size."""
    if isinstance(schema, list):
        return [_terse(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    more = constraints.FORMATS.get(str(schema.get("format")), {})
    return more | {
        # Under `properties` the keys are names of fields, of which some are called `description`, too.
        key: {name: _terse(one) for name, one in value.items()} if key == "properties" else _terse(value)
        for key, value in schema.items()
        if key != "description" and not key.startswith("x-")
    }


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        target = node.get("$ref")
        if isinstance(target, str):
            # The definitions refer to each other without naming their file.
            yield target.rpartition("/")[2]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


@once
def _package() -> Path:
    # Found, not imported: importing it, or asking for its version, takes longer than validating does.
    spec = find_spec("kubernetes_validate")
    if spec is None or spec.origin is None:
        raise ConfigError("the package kubernetes-validate is missing: install gitops-promote with its dependencies")
    return Path(spec.origin).parent


def release() -> str:
    """A hash of what the schemas are made from, and how."""
    return cache.key(str(_package()), str((_package() / "version.py").stat().st_mtime_ns), _FORMAT, constraints.key())


def _source(version: str) -> Path:
    folder = _package() / "kubernetes-json-schema" / f"v{version}.0-local-strict"
    if not folder.is_dir():
        raise ConfigError(f"there are no schemas of Kubernetes {version}: correct `kubernetes:` in promote.yaml")
    return folder


@once
def _definitions(version: str) -> dict[str, Any]:
    content = reader.from_json((_source(version) / "_definitions.json").read_bytes())
    definitions: dict[str, Any] = content["$defs"]
    return definitions
