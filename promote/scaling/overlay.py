"""One environment as `promote scale` changes it: its overlay, the scale.yaml in it, and the other environments."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from promote.errors import ConfigError, RenderError
from promote.git.repository import Files
from promote.kustomize import patches, render
from promote.kustomize.render import Rendered
from promote.model import Identity
from promote.repository import config
from promote.repository.environments import Environment
from promote.repository.tree import Tree
from promote.scaling import listing, services
from promote.scaling.overrides import FILE_NAME, ScaleFile
from promote.scaling.services import Service
from promote.system import process
from promote.system.paths import write_below

# The number of each object, by the field that it is in.
Numbers = Mapping[tuple[Identity, str], int]


@dataclass(frozen=True, slots=True)
class Overlay:
    """An environment in a private copy, with its kustomization and its scale.yaml as they were at first."""

    tree: Tree
    environment: Environment
    kustomization: str
    listing: bytes
    file: ScaleFile

    @classmethod
    def of(cls, tree: Tree, name: str) -> Overlay:
        """The overlay of the environment `name`; raises ConfigError for a scale.yaml that is somebody else's."""
        environment = tree.environment(name)
        kustomization = config.kustomization_file(tree.root, environment)
        data = (tree.root / kustomization).read_bytes()
        source = (Path(kustomization).parent / FILE_NAME).as_posix()
        there = tree.read(source)
        if there is not None and not listing.is_listed(data, kustomization):
            raise ConfigError(
                f"{source}: `promote scale` keeps its numbers in a file of this name, but {kustomization} does not "
                "list it in `transformers:`: rename yours"
            )
        return cls(tree, environment, kustomization, data, ScaleFile.parse(there, source))

    def files(self, after: ScaleFile) -> Files:
        """What a commit must change so that `after` is the overlay's file."""
        old = {self.file.source: self.file.data, self.kustomization: self.listing}
        return {path: data for path, data in self._contents(after).items() if data != old[path]}

    def write(self, after: ScaleFile) -> None:
        """Let `after` be the file in the private copy."""
        write_below(self.tree.root, self._contents(after))

    def rendered(self) -> Rendered:
        """What the copy renders now; raises RenderError."""
        return render.kustomize(self.tree.root / self.environment.path, self.environment.name)

    def all_rendered(self) -> tuple[Rendered | None, dict[str, Rendered | None]]:
        """What the copy renders now, and what the other environments do; None for what cannot be rendered."""
        others = [one for one in self.tree.config.environments.values() if one.path != self.environment.path]
        targets = []
        for one in (self.environment, *others):
            with suppress(RenderError):  # then rendering it fails, too
                self.tree.folder(one.path)
            targets.append((self.tree.root / one.path, one.name))
        with process.side_by_side(2) as pool:
            waiting = [pool.submit(_rendered_or_none, *target) for target in targets]
            first, *rest = [process.result(one) for one in waiting]
        return first, {one.name: each for one, each in zip(others, rest, strict=True)}

    def services(self, rendered: Rendered) -> list[Service]:
        """Every service of the environment, with its numbers."""
        return services.services(rendered.documents)

    def choose(self, given: str, rendered: Rendered) -> Service:
        """The service that `given` means; raises UsageError with those that there are."""
        mapped = self.tree.config.services.get(given, ())
        images = {one.name: one.reference for one in self.tree.images(self.environment)} if mapped else {}
        layers = patches.layers((self.tree.root / self.environment.path).resolve())
        running = [images[name] for name in mapped if name in images]
        return services.choose(given, self.services(rendered), layers, running)

    def _contents(self, after: ScaleFile) -> Files:
        edit = listing.unlisted if after.data is None else listing.listed
        return {after.source: after.data, self.kustomization: edit(self.listing, self.kustomization)}


def numbers(known: list[Service]) -> Numbers:
    """The numbers of all services."""
    return {(one.owner, one.field): one.least for service in known for one in service.numbers}


def _rendered_or_none(folder: Path, name: str) -> Rendered | None:
    try:
        return render.kustomize(folder, name)
    except RenderError:
        return None
