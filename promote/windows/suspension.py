"""Whether the Kustomizations of Flux are suspended in Git, and the edits that suspend or resume them.

Flux has no calendar. A commit suspends an environment when a freeze begins, and another one resumes it afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from promote.checks.findings import Finding
from promote.checks.sources import Sources, Written
from promote.errors import EditRefused, UsageError
from promote.fix import block_scalars, edits
from promote.fix.edits import Edit, ValueChange
from promote.kustomize import differences, files, render
from promote.kustomize.render import Rendered
from promote.model import Document, Identity
from promote.repository.config import Config
from promote.system.paths import shown, write_below
from promote.windows import delivered
from promote.windows.delivered import Source
from promote.yamltext import places

_API, _PATH = "kustomize.toolkit.fluxcd.io/", "/spec/suspend"
_STEPS = ("spec", "suspend")


@dataclass(frozen=True, slots=True)
class Suspension:
    """One Kustomization of Flux: what it applies, whether it is suspended in Git, and whether it should be."""

    identity: Identity
    environment: str
    now: bool
    wanted: bool


def suspensions(rendered: Rendered, settings: Config, frozen: Mapping[str, bool], below: str) -> list[Suspension]:
    """The Kustomizations that apply one of the environments in `frozen`, which says of each whether it is frozen.

    `below` is the folder of promote.yaml in its repository.

    Raises UsageError where one could apply several of the environments.
    """
    found = []
    repositories = {
        one.identity.name: one.content.get("spec")
        for one in rendered.documents
        if one.identity.kind == "GitRepository"
    }
    for one in rendered.documents:
        spec, who = one.content.get("spec"), one.identity
        is_flux = who.kind == "Kustomization" and who.api_version.startswith(_API)
        if not is_flux or not isinstance(spec, Mapping):
            continue
        fetched = repositories.get(str(places.value_at(spec, ["sourceRef", "name"])))
        url, branch = (places.value_at(fetched, steps) for steps in (["url"], ["ref", "branch"]))
        source = Source(str(spec.get("path", ".")), str(url or ""), str(branch or ""))
        if whose := delivered.of(settings, frozen, "Kustomization", one.identity.name, source, below):
            wanted = frozen[whose.environment.name]
            found.append(Suspension(one.identity, whose.name, spec.get("suspend") is True, wanted))
    return found


def suspended(root: Path, folder: Path, every: list[Suspension]) -> dict[str, bytes]:
    """The files below `folder` that suspend and resume what is wanted, by path; they are written below `root`, too.

    Raises EditRefused, with what to write by hand, where no edit in the folder does only that.
    """
    before = render.folder_or_file(folder, folder.name)
    changed: dict[str, bytes] = {}
    for one in every:
        rendered = render.folder_or_file(folder, folder.name)
        document = next(each for each in rendered.documents if each.identity == one.identity)
        if (document.content["spec"].get("suspend") is True) == one.wanted:
            continue  # a patch for several has set it
        file, data = _edited(root, folder, rendered, document, one.wanted)
        changed[shown(file, root)] = data
        write_below(root, {shown(file, root): data})
    after = render.folder_or_file(folder, folder.name)
    goal = {one.identity: one.wanted for one in every}
    for difference in differences.differences(before.documents, after.documents):
        if difference.path != _PATH or difference.new != goal.get(difference.resource):
            raise _refusal(folder, f"{difference.resource} {difference.path} would change too")
    return changed


def _edited(root: Path, folder: Path, rendered: Rendered, document: Document, value: bool) -> tuple[Path, bytes]:
    """The likeliest file in the folder that decides `suspend` of the document, and its bytes with the value."""
    about = Finding("", "deny", rendered.name, document.identity, "", path=_PATH)
    why = "it is decided outside of this folder"
    for written in Sources(rendered, root).written(about):
        if not written.file.is_relative_to(folder.resolve()):
            continue
        text = files.read(written.file)
        try:
            made = _edit(text, written, document.content, value)
        except EditRefused as refusal:
            why = str(refusal)
            continue
        old = written.file.read_bytes()
        # A byte order mark is not part of the text.
        return written.file, old[: len(old) - len(text.encode())] + made.applied(text).encode()
    raise _refusal(folder, f"{document.identity}: {why}")


def _edit(text: str, written: Written, content: Any, value: bool) -> Edit:
    steps = tuple(written.steps) or _STEPS
    wanted, content = ValueChange(steps, value), written.content if written.steps else content
    if written.inline is None:
        return edits.edit(text, written.root, content, wanted)
    inner = edits.edit(block_scalars.text_of(written.inline), written.root, content, wanted)
    return block_scalars.outward(text, written.inline, inner)


def _refusal(folder: Path, why: str) -> EditRefused:
    return EditRefused(
        f"{why}: let a patch in {folder.name} set it, `- {{op: add, path: {_PATH}, value: false}}`, so that this "
        "line can be changed"
    )


def insist_on_some(every: list[Suspension], folder: str) -> None:
    """Raise UsageError where the folder has no Kustomization of an environment with freezes."""
    if not every:
        raise UsageError(
            f"{folder} has no Kustomization of Flux whose spec.path is an environment with a freeze in promote.yaml"
        )
