"""Fixes findings in the files that cause them, and proves that each change does this and nothing else.

All of it happens in a private copy of the checkout. Every environment is rendered before and after each change,
because overlays share files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from promote.checks import baseline, inspection
from promote.checks.criteria import Criteria
from promote.checks.findings import Base, Correction, Finding, Verdict
from promote.checks.sources import Origins, Sources
from promote.errors import EditRefused, RenderError
from promote.fix import edits, patch_text, values
from promote.fix.edits import ValueChange
from promote.fix.outcome import Outcome, Refusal
from promote.kustomize import files, origins, patches, render
from promote.kustomize.files import kustomization_of
from promote.kustomize.render import Rendered
from promote.model import Document, Identity
from promote.system.paths import shown
from promote.yamltext import places, reader

_NO_WAY = "no file that this checkout renders has this value in a place that can be edited safely"


@dataclass(frozen=True, slots=True)
class _State:
    """The current state of the copy: its rendered targets, and the verdict on them."""

    targets: Sequence[Rendered]
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class _Change:
    """One edit of one file, and the findings that it fixes: objects may share one line."""

    file: Path
    text: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _Attempt:
    """How a finding was tried: the state after a change, and the change; or why there is none, and in which files."""

    finding: Finding
    after: _State | None = None
    change: _Change | None = None
    reason: str = ""
    files: frozenset[Path] = frozenset()


@dataclass(slots=True)
class Fixer:
    """Works on the copy below `root`, whose targets are `paths` by name.

    If `compare` marks new findings, only these are fixed, and any others that the same change fixes. `unproved` says
    of a file which environments read it that cannot be rendered, so that nothing proves what a change does there.
    What is `there`, by name, is rendered already, as the copy is before the first change.
    """

    root: Path
    paths: Sequence[tuple[str, Path]]
    criteria: Criteria
    only: Sequence[str] = ()
    compare: Callable[[Verdict], Verdict] | None = None
    unproved: Callable[[Path], Sequence[str]] = lambda _: ()
    there: Mapping[str, Rendered] = field(default_factory=dict)
    _originals: dict[Path, bytes] = field(default_factory=dict)
    # No change moves an object to another file, so one call per folder is enough.
    _ask: Origins = field(default_factory=lambda: cache(origins.of))

    def fix(self) -> Outcome:
        """Fix one finding after the other until none is left that can be fixed; undo each change without a proof."""
        first = self._judge(self._render(self.there))
        compared = self.compare(first.verdict) if self.compare else first.verdict
        # A key of old findings may be that of new ones, too: then all of them are fixed.
        old = {baseline.key(one) for one in compared.findings if self.compare and one.status != "new"}
        old -= {baseline.key(one) for one in compared.findings if one.status == "new"}
        state, corrected, failed = self._together(first, old)
        refused = {
            key: self._refuse(state, failed[key].finding, failed[key].reason)
            for key in dict.fromkeys(map(baseline.key, _pending(state.verdict, old)))
            if key in failed
        }
        while finding := next(_pending(state.verdict, refused.keys() | old), None):
            tried = self._try_to_fix(state, finding, self._prove)
            if tried.after and tried.change:
                state = tried.after
                corrected += tried.change.findings
            else:
                refused[baseline.key(finding)] = self._refuse(state, finding, tried.reason)
        files = {shown(file, self.root): (old, file.read_bytes()) for file, old in self._originals.items()}
        changed = {name: pair for name, pair in sorted(files.items()) if pair[0] != pair[1]}
        left = self.compare(state.verdict) if self.compare else state.verdict
        return Outcome(changed, tuple(corrected), tuple(refused.values()), compared, left)

    def _together(
        self, first: _State, left: Set[tuple[str, ...]]
    ) -> tuple[_State, list[Finding], dict[tuple[str, ...], _Attempt]]:
        """The state after all changes whose effect is proved, what they fix, and what fails and would fail again.

        A verdict takes most of the time, so all are judged only once. If that verdict does not accept them, all are
        undone, and none is fixed. What failed is tried again only if another change has changed one of its files.
        """
        state, seen, fixed = first, set(left), list[Finding]()
        failed: dict[tuple[str, ...], _Attempt] = {}
        while finding := next(_pending(state.verdict, seen), None):
            seen.add(baseline.key(finding))
            tried = self._try_to_fix(state, finding, self._with_effect_alone)
            if tried.after and (change := tried.change):
                state = tried.after
                fixed += change.findings
                failed = {key: one for key, one in failed.items() if change.file not in one.files}
            else:
                failed[baseline.key(finding)] = tried
        try:
            return self._accepted(first, state.targets, fixed), fixed, failed
        except EditRefused:
            for file, old in self._originals.items():
                file.write_bytes(old)
            return first, [], {}

    @contextmanager
    def _made(self, change: _Change) -> Iterator[None]:
        """The change is made; an error in the block takes it back."""
        old = change.file.read_bytes()
        self._originals.setdefault(change.file, old)
        change.file.write_bytes(reader.encoded(change.text, old))
        try:
            yield
        except (EditRefused, RenderError):
            change.file.write_bytes(old)
            raise

    def _try_to_fix(self, state: _State, finding: Finding, prove: Callable[[_State, _Change], _State]) -> _Attempt:
        """The state after the first change that `prove` accepts, and that change; or why the likeliest one failed."""
        unwritten, unproved, seen = [_NO_WAY], [], list[Path]()
        for file, change in self._possible_changes(state, finding):
            seen.append(file)
            if isinstance(change, str):
                unwritten.insert(-1, change)
                continue
            try:
                with self._made(change):
                    return _Attempt(finding, prove(state, change), change)
            except (EditRefused, RenderError) as error:
                unproved.append(str(error))
        # Why a change failed its proof is more useful than why another one could not be made.
        return _Attempt(finding, reason=[*unproved, *unwritten][0], files=frozenset(seen))

    def _refuse(self, state: _State, finding: Finding, reason: str) -> Refusal:
        """The refusal; with a patch for this target alone, if that is proved to fix the finding."""
        file = kustomization_of(dict(self.paths)[finding.target])
        target = next(one for one in state.targets if one.name == finding.target)
        document = _by_identity(target).get(finding.resource)
        roots = patches.read(file) if file else []
        if file is None or document is None or not roots or self.unproved(file):
            return Refusal(finding, reason)
        made = patch_text.entry(finding.resource, document.content, _value_change(finding))
        content = reader.value(roots[0])
        changed = {**content, "patches": [*content.get("patches", ()), made]}
        old = file.read_bytes()
        try:
            file.write_text(reader.json_text(changed), encoding="utf-8")
            self._prove(state, _Change(file, "", (finding,)))
        except (EditRefused, RenderError, TypeError, ValueError):
            return Refusal(finding, reason)
        finally:
            file.write_bytes(old)
        return Refusal(finding, reason, shown(file, self.root), tuple(patch_text.text(made)))

    def _possible_changes(self, state: _State, finding: Finding) -> Iterator[tuple[Path, _Change | str]]:
        """By file, the likeliest first, possible fixes of `finding`, each with all that it fixes; or why not."""
        alike = [
            one
            for one in _pending(state.verdict, set())
            if one.correction == finding.correction and one.rule == finding.rule
        ]
        sources = {target.name: Sources(target, self.root, self._ask) for target in state.targets}
        rendered = {target.name: _by_identity(target) for target in state.targets}
        ways = {one: list(_possible_edits(one, sources[one.target], rendered[one.target])) for one in alike}
        for file, made in ways[finding]:
            if isinstance(made, EditRefused):
                yield file, f"{shown(file, self.root)}: {made}"
            elif not file.is_relative_to(self.root):
                yield file, f"{file} is not in this repository"
            elif names := self.unproved(file):
                reason = f"{', '.join(names)} is built from it too, and cannot be rendered"
                yield file, f"{shown(file, self.root)}: {reason}"
            else:
                same = tuple(one for one in alike if (file, made) in ways[one])
                yield file, _Change(file, made.applied(files.read(file)), same)

    def _prove(self, before: _State, change: _Change) -> _State:
        """The state after `change`; raises EditRefused if it does more, or less, than fix its findings."""
        return self._accepted(before, self._with_effect(before, change), change.findings)

    def _with_effect_alone(self, before: _State, change: _Change) -> _State:
        """The state after `change`, with the verdict as it was except for its findings: it is not judged again."""
        targets = self._with_effect(before, change)
        rest = tuple(one for one in before.verdict.findings if one not in change.findings)
        return _State(targets, replace(before.verdict, findings=rest))

    def _with_effect(self, before: _State, change: _Change) -> list[Rendered]:
        """The targets after `change`; raises EditRefused unless the corrections are all that it does to them."""
        targets = self._render({})
        for old, new in zip(before.targets, targets, strict=True):
            wanted = [one for one in change.findings if one.target == old.name]
            _insist_on_effect(old, new, wanted)
        return targets

    def _accepted(self, before: _State, targets: Sequence[Rendered], findings: Sequence[Finding]) -> _State:
        """The state with `targets`; raises EditRefused if there is a new finding, or one of `findings` still."""
        if not findings:
            return before
        after = self._judge(targets)
        compared = baseline.compared(after.verdict, before.verdict.findings, Base(""))
        known = set(before.verdict.findings)
        for one in compared.findings:
            # A finding that something was not inspected is always marked new, even if it existed before.
            if one.status == "new" and replace(one, status="") not in known:
                raise EditRefused(f"the change would cause a new finding, {one.rule}: {one.message}")
        fixed = set(compared.fixed)
        for one in findings:
            if one not in fixed:
                raise EditRefused("the change would not resolve the finding")
        return after

    def _render(self, there: Mapping[str, Rendered]) -> list[Rendered]:
        def load(path: Path, name: str) -> Rendered:
            return there.get(name) or render.folder_or_file(path, name, self.criteria.excluded)

        return render.side_by_side(((path, name) for name, path in self.paths), load, len(self.paths))

    def _judge(self, targets: Sequence[Rendered]) -> _State:
        return _State(targets, inspection.inspect(targets, self.criteria, self.root, self.only, self._ask))


def _pending(verdict: Verdict, left: Set[tuple[str, ...]]) -> Iterator[Finding]:
    """The findings that have a correction and no waiver, except those whose keys are in `left`."""
    for finding in verdict.findings:
        if finding.correction and not finding.waiver and baseline.key(finding) not in left:
            yield finding


def _by_identity(target: Rendered) -> dict[Identity, Document]:
    return {document.identity: document for document in target.documents}


def _possible_edits(
    finding: Finding, sources: Sources, rendered: Mapping[Identity, Document]
) -> Iterator[tuple[Path, edits.Edit | EditRefused]]:
    content = rendered[finding.resource].content if finding.resource in rendered else {}
    for written in sources.written(finding):
        try:
            yield written.file, values.edit_at(written, content, _value_change(finding))
        except EditRefused as refusal:
            yield written.file, refusal


def _value_change(finding: Finding) -> ValueChange:
    correction = finding.correction or Correction("null")
    return ValueChange(tuple(places.parts(finding.path)), reader.from_json(correction.value), correction.remove)


def _insist_on_effect(old: Rendered, new: Rendered, findings: Sequence[Finding]) -> None:
    """Raise EditRefused unless the corrections of the findings are the only changes of the target."""
    expected, rendered = _contents_by_identity(old), _contents_by_identity(new)
    for finding in findings:
        who, wanted = finding.resource, _value_change(finding)
        if len(expected[who]) > 1:
            raise EditRefused(f"{who} is defined {len(expected[who])} times: keep one definition first")
        expected[who] = [edits.changed(expected[who][0], wanted.steps, wanted)]
    for who in [*expected, *(who for who in rendered if who not in expected)]:
        if expected.get(who) != rendered.get(who):
            raise EditRefused(f"the change would also have another effect on {who} in {old.name}")


def _contents_by_identity(target: Rendered) -> dict[Identity, list[Any]]:
    """What each object is; an object that is defined several times is several things."""
    found: dict[Identity, list[Any]] = {}
    for document in target.documents:
        found.setdefault(document.identity, []).append(document.content)
    return found
