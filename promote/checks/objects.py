"""Finds the rendered object that a finding is about, also where several objects have one identity."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from pathlib import Path

from promote.checks.findings import Finding
from promote.kustomize.origins import Origin
from promote.kustomize.render import Rendered
from promote.model import Document, Identity
from promote.yamltext import places, reader

_POD_SPECS = (["spec"], ["spec", "template", "spec"], ["spec", "jobTemplate", "spec", "template", "spec"])


class Objects:
    """The objects of one rendered target; nothing is read until the first question."""

    def __init__(self, rendered: Rendered) -> None:
        self._rendered = rendered

    def of(self, finding: Finding) -> Document | None:
        """The object that `finding` is about; None where the target does not hold it.

        Rules know an object by its identity only: of several with the same one, the likeliest is taken.
        """
        same = self._by_identity.get(finding.resource, [])
        if finding.position is not None and finding.position < len(same):
            return same[finding.position]
        return max(same, key=lambda one: _likelihood(one, finding), default=None)

    def within(self, namespace: str) -> Document | None:
        """The first object in `namespace`, one that runs containers before all others."""
        found = [one for one in self._rendered.documents if one.identity.namespace == namespace]
        # Without a namespace, what runs nothing may belong to the cluster.
        paths = [[*steps, "containers"] for steps in _POD_SPECS]
        running = (one for one in found if any(places.value_at(one.content, path) for path in paths))
        return next(running, None) or next(iter(found), None)

    def origin(self, document: Document) -> Origin | None:
        """The file that holds `document`, and its position there; None where the target was built."""
        return self._origins.get(id(document))

    @cached_property
    def _by_identity(self) -> dict[Identity, list[Document]]:
        found: dict[Identity, list[Document]] = {}
        for document in self._rendered.documents:
            found.setdefault(document.identity, []).append(document)
        return found

    @cached_property
    def _origins(self) -> dict[int, Origin]:
        passed: Counter[Path] = Counter()
        found: dict[int, Origin] = {}
        # Where the target was built, there are no files.
        for document, file in zip(self._rendered.documents, self._rendered.files, strict=False):
            found[id(document)] = Origin(file, passed[file])
            passed[file] += 1
        return found


def _likelihood(document: Document, finding: Finding) -> tuple[bool, bool, int]:
    """How well `finding` fits: its container is there, its correction changes something, its path leads far."""
    steps = places.parts(finding.path)
    along = [places.value_at(document.content, steps[:depth]) for depth in range(1, len(steps) + 1)]
    names = [one["name"] for one in along if isinstance(one, dict) and "name" in one]
    value = along[-1] if along else None
    wanted = reader.from_json(finding.correction.value) if finding.correction else None
    return finding.container in names, value != wanted, sum(one is not None for one in along)
