"""The histories of environments that are on several branches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from promote.model import Revision
from promote.repository.past import Past


class Several(Mapping[str, Sequence[Revision]]):
    """The revisions of environments on several branches, each by its name in the past of its branch."""

    def __init__(self, parts: Mapping[str, Past]) -> None:
        self._parts = parts

    def __getitem__(self, name: str) -> list[Revision]:
        """The revisions of the environment `name`."""
        return self._parts[name][name]

    def __iter__(self) -> Iterator[str]:
        """The names; nothing is read."""
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)

    def __contains__(self, name: object) -> bool:
        """Whether there is an environment `name`; nothing is read."""
        return name in self._parts
