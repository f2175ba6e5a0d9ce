"""What is said of a change where kustomize cannot build the environment here, and promote.yaml accepts that."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import replace

from promote.checks import completeness
from promote.checks.findings import Verdict
from promote.errors import RenderError
from promote.kustomize.files import FILE_NAMES
from promote.promotion.proposal import Proposal
from promote.repository import holds
from promote.repository.environments import Environment
from promote.yamltext import reader


def moves_only_images(before: Mapping[str, bytes | None], after: Mapping[str, bytes | None]) -> bool:
    """Whether each file is a kustomization that differs in its `images:` and, as YAML, in nothing else; or holds."""
    return all(
        posixpath.basename(path) in FILE_NAMES and _rest(before.get(path), path) == _rest(data, path)
        for path, data in after.items()
        if path != holds.FILE_NAME
    )


def _rest(data: bytes | None, path: str) -> object:
    content = reader.document(data, path)[1] if data is not None else None
    return {key: value for key, value in content.items() if key != "images"} if isinstance(content, dict) else content


def proposal(planned: Proposal, before: Mapping[str, bytes | None], error: RenderError) -> Proposal:
    """The change with a warning in place of its proof; `before` are the files as they are now.

    Raises `error` unless promote.yaml accepts that, and nothing but versions in `images:` changes.
    """
    where = planned.environment
    if where.unrendered != "warn" or not moves_only_images(before, planned.files):
        raise error
    return replace(planned, verdict=verdict(where, error))


def verdict(environment: Environment, error: RenderError) -> Verdict:
    """The warning that the environment was not rendered, so that no rule judges it."""
    return completeness.unrendered(environment.name, environment.path, error, "warn")
