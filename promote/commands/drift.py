"""`promote drift FROM TO`: in what two environments differ, by version and, on request, in all that is rendered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from promote.commands.result import Result
from promote.errors import UsageError
from promote.gates import gates
from promote.kustomize import proof, render
from promote.kustomize.proof import Difference
from promote.kustomize.render import Rendered
from promote.model import Document, Image, Version
from promote.output import plans, verdict_report, wording
from promote.output.plans import Json
from promote.promotion import selection
from promote.repository.workspace import Tree, Workspace

Pair = tuple[Image, Version | None, Version | None]  # an image, with its version in each of the two


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for."""

    source: str
    target: str
    manifests: bool = False


def run(options: Options) -> Result:
    """Compare two environments on the shared branch; exit 1 where they differ."""
    workspace = Workspace.here()
    tip = workspace.local_tip()
    with workspace.at(tip.commit) as tree:
        one, other = tree.environment(options.source), tree.environment(options.target)
        if one.path == other.path:
            raise UsageError(f"{options.source} and {options.target} are the same folder: name two environments")
        apart = _apart(tree.images(one), tree.images(other))
        services = {image.name: selection.service_of(image, tree.config.services) for image, _, _ in apart}
        found = _rendered(tree, options.source, options.target) if options.manifests else None
    json = {
        "from": one.name,
        "to": other.name,
        "commit": tip.commit,
        "images": [
            {"service": services[image.name], "image": image.name, "from": _version(here), "to": _version(there)}
            for image, here, there in apart
        ],
        "manifests": None if found is None else [_json(each) for each in found],
    }
    text = [
        f"{services[image.name]}: {_said(here)} in {one.name}, {_said(there)} in {other.name}"
        for image, here, there in apart
    ]
    text += [] if found is None else [f"{len(found)} differences beside images", *wording.diff_lines(found)]
    if not apart:
        text.insert(0, f"{one.name} and {other.name} have the same versions")
    return Result(json, text, 1 if apart or found else 0)


def _apart(source: Sequence[Image], target: Sequence[Image]) -> list[Pair]:
    """The images that differ in version, or that only one of the two has."""
    here, there = ({image.name: image for image in images} for images in (source, target))
    pairs = [(image, _of(here, name), _of(there, name)) for name, image in (here | there).items()]
    return [(image, a, b) for image, a, b in pairs if a is None or b is None or not gates.same(a, b)]


def _of(images: Mapping[str, Image], name: str) -> Version | None:
    return images[name].version if name in images else None


def _rendered(tree: Tree, source: str, target: str) -> list[Difference]:
    """What differs beside images, once names of environments, namespaces and generated objects are alike."""
    one, other = map(_levelled, render.side_by_side(tree.folders((source, target))))
    return proof.others(proof.differences(one, other))


def _levelled(rendered: Rendered) -> list[Document]:
    """The documents with what always differs made the same: wherever it is a whole value, not a part of one."""
    known = rendered.documents
    spaces = {document.identity.namespace for document in known} - {""}
    names = {document.identity.name: document.identity.written_name for document in known}
    # Of several namespaces nobody can say which is which.
    names |= {rendered.name: "ENVIRONMENT"} | (dict.fromkeys(spaces, "NAMESPACE") if len(spaces) == 1 else {})

    def level(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: level(each) for key, each in value.items()}
        if isinstance(value, list):
            return [level(each) for each in value]
        return names.get(value, value) if isinstance(value, str) else value

    return [
        Document(replace(one.identity, namespace=level(one.identity.namespace), name=level(one.identity.name)),
                 level(one.content))
        for one in known
    ]  # fmt: skip


def _version(version: Version | None) -> Json | None:
    return plans.version_json(version) if version else None


def _said(version: Version | None) -> str:
    return wording.shortened(str(version)) if version else "none"


def _json(one: Difference) -> Json:
    who = verdict_report.identity_json(one.resource)
    return {"resource": who, "path": one.path, "from": one.old, "to": one.new}
