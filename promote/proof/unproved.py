"""Changes of environments that kustomize cannot build here, where promote.yaml accepts that there is no proof."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from promote.changes import pair, selection, settings
from promote.changes.proposal import Proposal
from promote.checks import completeness
from promote.checks.findings import Verdict
from promote.errors import ConfigError, RenderError, UsageError
from promote.kustomize.files import FILE_NAMES
from promote.proof import derived
from promote.repository import holds
from promote.repository.environments import Environment
from promote.repository.tree import Tree
from promote.versions.found import Versions
from promote.yamltext import reader


def moves_only_images(path: str, before: bytes | None, after: bytes | None) -> bool:
    """Whether a file has holds, or is a kustomization that differs in its `images:` and, as YAML, in nothing else."""
    name = posixpath.basename(path)
    return name == holds.FILE_NAME or (name in FILE_NAMES and _rest(before, path) == _rest(after, path))


def _rest(data: bytes | None, path: str) -> object:
    content = reader.document(data, path)[1] if data is not None else None
    return {key: value for key, value in content.items() if key != "images"} if isinstance(content, dict) else content


def explained(old: Versions, new: Versions, with_them: Mapping[str, bytes]) -> frozenset[str]:
    """The files in which versions, and the settings `with_them`, are all that changes, byte by byte."""
    return frozenset() if derived.faults(old, new, with_them) else frozenset([*new.changes(old), *with_them])


def moves_only_versions(
    before: Mapping[str, bytes | None], after: Mapping[str, bytes | None], proved: Callable[[], frozenset[str]]
) -> bool:
    """Whether each file is one that `moves_only_images` accepts, or its bytes are proved."""
    rest = {path for path, data in after.items() if not moves_only_images(path, before.get(path), data)}
    return not rest or rest <= proved()


def proved_files(
    before: Tree, after: Tree, affected: Sequence[Environment], changed: Collection[str]
) -> frozenset[str]:
    """The files in which versions, and settings that travel with them, are all that changes in some environment."""
    found: set[str] = set()
    for one in affected:
        there = before.config.environments.get(one.name)
        with suppress(ConfigError, UsageError):
            if there is not None:
                old, new = pair.around(before, there, after, one, changed)
                moved = {change.image for change in selection.changes(old.images, new.images, {})}
                found |= explained(old, new, settings.differing(before, after, one, moved, old.images))
    return frozenset(found)


def proposal(
    planned: Proposal, old: Versions, new: Versions, with_them: Mapping[str, bytes], error: RenderError
) -> Proposal:
    """The change from `old` to `new` versions, and of the settings `with_them`, with a warning in place of its proof.

    Raises `error` unless promote.yaml accepts that, and nothing else changes.
    """
    where = planned.environment
    if where.unrendered != "warn" or not moves_only_versions(
        old.contents, planned.files, lambda: explained(old, new, with_them)
    ):
        raise error
    return replace(planned, verdict=verdict(where, error))


def verdict(environment: Environment, error: RenderError) -> Verdict:
    """The warning that the environment was not rendered, so that no rule judges it."""
    return completeness.unrendered(environment.name, environment.path, error, "warn")
