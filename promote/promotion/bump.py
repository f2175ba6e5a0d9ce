"""Decides a bump: versions that somebody names, set in one environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from promote.changes import adding, apps, selection, situation
from promote.changes.proposal import Proposal
from promote.changes.situation import Situation
from promote.errors import UsageError
from promote.model import Version
from promote.proof.prove import prove
from promote.repository.tree import Tree
from promote.repository.workspace import Tip, Workspace

Resolve = Callable[[str, Version], Version]  # by the name of an image, its version with the digest of its tag


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for: versions by name in one environment; `despite` are reasons to pass gates, by name.

    `lands` says that the commit goes onto the shared branch without a pull request. With `add`, an image without an
    item in the environment's own `images:` gets one. `resolve` adds the digests of the tags, where they are wanted.
    """

    environment: str
    versions: Mapping[str, Version]
    allow_other_changes: bool = False
    despite: Mapping[str, str] = field(default_factory=dict)
    lands: bool = False
    add: bool = False
    resolve: Resolve | None = None


def parse_versions(given: tuple[str, ...]) -> dict[str, Version]:
    """By name, the versions in texts NAME=TAG[@DIGEST]; raises UsageError."""
    wanted: dict[str, Version] = {}
    for text in given:
        name, version = parse_version(text)
        if name in wanted:
            raise UsageError(f"'{name}' is given twice: which version is meant?")
        wanted[name] = version
    return wanted


def parse_version(text: str) -> tuple[str, Version]:
    """The name and the version in a text NAME=TAG[@DIGEST]; raises UsageError."""
    name, equals, version = text.partition("=")
    if not equals or not name:
        raise UsageError(f"'{text}' is not NAME=TAG or NAME=TAG@DIGEST, such as api-gateway=1.5.0")
    return name, Version.parse(version)


def propose(workspace: Workspace, tip: Tip, tree: Tree, request: Request) -> Proposal:
    """The change as it would be on the commit that `tree` holds, proved and judged; nothing is published.

    In an environment of many folders, each name is of the app that has it.
    """
    if not apps.of(tree, request.environment):
        return _propose(workspace, tip, tree, request)
    by_app: dict[str, dict[str, Version]] = {}
    for given, version in request.versions.items():
        where, name = apps.one(tree, request.environment, given)
        by_app.setdefault(where.name, {})[name] = version
    made = []
    for where_to, versions in by_app.items():
        made.append(_propose(workspace, tip, tree, replace(request, environment=where_to, versions=versions)))
        tree.edited(made[-1].files)
    return apps.together(made)


def _propose(workspace: Workspace, tip: Tip, tree: Tree, request: Request) -> Proposal:
    here = situation.read(workspace, tip, tree, request.environment, request.versions)
    by_image: dict[str, Version] = {}
    for given, version in request.versions.items():
        for image in _images(given, here, request.add):
            if by_image.setdefault(image, version) != version:
                raise UsageError(f"'{image}' is given twice, as '{given}' too: which version is meant?")
    if request.resolve:
        by_image = _resolved(by_image, here, request.resolve)
    here, after = adding.edited(here, by_image, request.add)
    planned = here.planned(after, despite=request.despite, lands=request.lands)
    return adding.hinting(prove(here, planned, after, request.allow_other_changes), here, request.add)


def _resolved(wanted: Mapping[str, Version], here: Situation, resolve: Resolve) -> dict[str, Version]:
    """The wanted versions with the digests of their tags; raises UsageError for one that has a digest already."""
    for image, version in wanted.items():
        if version.digest:
            raise UsageError(f"'{image}' is given with a digest: write its tag alone, or leave out --resolve")
        if lines := here.versions.nameless.get(image):
            raise UsageError(f"{', '.join(lines)}: the name of the image is not written there: give its digest, too")
    called = {image.name: image.repository for image in here.images}
    return {image: resolve(called.get(image, image), version) for image, version in wanted.items()}


def _images(given: str, here: Situation, add: bool) -> Sequence[str]:
    """The image names that `given` means; with `add`, one that nobody knows is a new one."""
    if apart := [name for name in here.versions.apart if given in (name, name.rpartition("/")[2])]:
        return apart  # the edit is refused, with the places of its versions
    if add and not selection.is_known(given, here.images, here.services):
        return here.services.get(given, [given])
    hint = "; if this is an image that has no version yet, --add gives it one"
    return selection.resolve(given, here.images, here.services, hint)
