"""promote.yaml, read into frozen values; its JSON Schema is the one description of what it may say."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

import yaml

from promote import cache
from promote.errors import ConfigError, UsageError
from promote.kustomization import FILE_NAMES

FILE_NAME = "promote.yaml"
SCHEMA = Path(__file__).with_name("promote.schema.json")


@dataclass(frozen=True, slots=True)
class Environment:
    """A folder with a kustomization that one cluster namespace follows; `path` is relative to the root."""

    name: str
    path: str
    live: bool = False


@dataclass(frozen=True, slots=True)
class Config:
    """What a repository says about itself; the defaults are those of a repository without promote.yaml."""

    environments: Mapping[str, Environment] = field(default_factory=dict)
    services: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    remote: str = "origin"
    branch: str = "main"
    forge: Literal["auto", "local", "github"] = "auto"
    merge: Literal["merge", "squash", "rebase"] = "merge"
    kubernetes: tuple[str, ...] = ("1.35", "1.36", "1.37")
    policies: str = "policies"
    schemas: tuple[str, ...] = ()

    def environment(self, root: Path, name: str) -> Environment:
        """The environment called `name`, or the folder `name` below `root` if it holds a kustomization.

        Raises UsageError, with the nearest known name, when it is neither.
        """
        if known := self.environments.get(name):
            kustomization_file(root, known)
            return known
        folder = Environment(name, name.rstrip("/"))
        if (root / name).is_dir():
            kustomization_file(root, folder)
            return folder
        raise UsageError(f"there is no environment '{name}'{nearest(name, self.environments)}")


def nearest(name: str, known: Iterable[str]) -> str:
    """The end of a 'not found' message: the nearest known name, or all of them."""
    names = list(known)
    if close := get_close_matches(name, names, n=1):
        return f"; did you mean '{close[0]}'?"
    return f"; known: {', '.join(sorted(names))}" if names else ""


def kustomization_file(root: Path, environment: Environment) -> str:
    """The path, relative to `root`, of the kustomization that `environment` consists of.

    Raises ConfigError when the folder leaves `root`, does not exist or holds no kustomization.
    """
    folder = root / environment.path
    if not folder.resolve().is_relative_to(root.resolve()):
        raise ConfigError(
            f"environment '{environment.name}': the path '{environment.path}' leaves the repository; "
            "name a folder inside it"
        )
    for name in FILE_NAMES:
        if (folder / name).is_file():
            return (Path(environment.path) / name).as_posix()
    raise ConfigError(
        f"environment '{environment.name}': there is no kustomization.yaml in '{environment.path}'; "
        "correct the path or add the file"
    )


def load(root: Path) -> Config:
    """Read `root`/promote.yaml; without the file, the defaults. Raises ConfigError with file and line."""
    path = root / FILE_NAME
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return Config()
    return parse(data)


def parse(data: bytes) -> Config:
    """The configuration that the bytes of a promote.yaml spell; raises ConfigError with file and line."""
    try:
        text = data.decode()
        # The C loader, where there is one, accepts the same documents and starts faster.
        content = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", 0) + 1
        raise ConfigError(f"{FILE_NAME}:{line}: this is not YAML: {_first_line(error)}") from error
    _validate(text, content)
    return _config(content)


def _config(content: Mapping[str, Any]) -> Config:
    git, forge = content.get("git", {}), content.get("forge", {})
    environments = {
        name: Environment(name, _normal(entry["path"]), entry.get("live", False))
        for name, entry in content["environments"].items()
    }
    given: dict[str, Any] = {
        "environments": environments,
        "services": {name: tuple(images) for name, images in content.get("services", {}).items()},
        "remote": git.get("remote"),
        "branch": git.get("branch"),
        "forge": forge.get("kind"),
        "merge": forge.get("merge"),
        "kubernetes": tuple(content["kubernetes"]) if "kubernetes" in content else None,
        "policies": content.get("policies"),
        "schemas": tuple(content.get("schemas", ())),
    }
    return Config(**{name: value for name, value in given.items() if value is not None})


def _normal(path: str) -> str:
    return Path(path).as_posix()


def _validate(text: str, content: object) -> None:
    verified = cache.key("config", SCHEMA.read_bytes(), text)
    if cache.remembered(verified):
        return
    # Imported here: it costs more than everything else this module does.
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    error = best_match(Draft202012Validator(json.loads(SCHEMA.read_bytes())).iter_errors(content))
    if error is not None:
        path: list[str | int] = list(error.absolute_path)
        message, key = _explain(error)
        line = _line(text, [*path, key] if key else path)
        raise ConfigError(f"{FILE_NAME}:{line}: {message}")
    cache.remember(verified)


def _explain(error: Any) -> tuple[str, str]:
    """A sentence for a schema error, and the key at fault where the error is about a key."""
    where = ".".join(str(part) for part in error.absolute_path) or "the file"
    if error.validator == "additionalProperties":
        unknown = next(key for key in error.instance if key not in error.schema["properties"])
        return f"unknown key '{unknown}'{nearest(str(unknown), error.schema['properties'])}", unknown
    if error.validator == "required":
        missing = next(key for key in error.validator_value if key not in error.instance)
        return f"{where} lacks the key '{missing}'", ""
    if error.parent is not None and error.parent.validator == "propertyNames":
        return f"'{error.instance}' cannot be the name of an environment: {error.message}", str(error.instance)
    if error.validator in ("pattern", "not") and "propertyNames" in error.absolute_schema_path:
        return (
            f"'{error.instance}' cannot name an environment: use lower-case letters, digits and '-', "
            "and none of promote's own verbs"
        ), str(error.instance)
    return f"{where}: {error.message}", ""


def _line(text: str, path: list[str | int]) -> int:
    """The line, from 1, of the deepest node of `path` that the document has."""
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    line = 1
    for part in path:
        if isinstance(node, yaml.MappingNode):
            pairs = [(key, value) for key, value in node.value if key.value == str(part)]
            if not pairs:
                break
            line, node = pairs[0][0].start_mark.line + 1, pairs[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            node = node.value[part]
            line = node.start_mark.line + 1
    return line


def _first_line(error: Exception) -> str:
    return (getattr(error, "problem", None) or str(error)).splitlines()[0]
