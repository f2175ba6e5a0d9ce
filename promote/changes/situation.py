"""Everything that decides a change, read once from one commit."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from promote.changes import selection
from promote.changes.proposal import Proposal
from promote.checks.criteria import Criteria, criteria
from promote.forge.protocol import Forge
from promote.gates import evaluation
from promote.gates.protocol import Context, History
from promote.model import Change, Hold, Image, Plan
from promote.repository.environments import Environment
from promote.repository.past import Past
from promote.repository.tree import Tree
from promote.repository.workspace import Tip, Workspace
from promote.system import clock
from promote.versions.found import Versions


@dataclass(frozen=True)
class Situation:
    """One environment on one commit, and what is around it.

    `tip` is about the branch that the environment is on. `tree` is a private copy of the commits.
    `read_history` reads the revisions of every environment up to them. `added` are items of `images:` that the
    change brings.
    """

    tip: Tip
    tree: Tree
    environment: Environment
    versions: Versions
    services: Mapping[str, Sequence[str]]
    holds_file: bytes | None
    holds: tuple[Hold, ...]
    criteria: Criteria
    forge: Callable[[], Forge]
    read_history: Callable[[], History]
    added: tuple[Image, ...] = ()

    @property
    def root(self) -> Path:
        """The folder of the private copy, for kustomize to render."""
        return self.tree.root

    @cached_property
    def history(self) -> History:
        """The revisions of every environment; nothing where history is cut off."""
        return self.read_history()

    def _history_for(self, changes: Sequence[Change], needs: Collection[str]) -> History:
        """The history that judging `changes` needs; nothing where neither a gate nor a rule asks for it."""
        judges = self.criteria.policies.of_changes(self.criteria.profile)
        if not changes or not (judges or "history" in needs):
            return {}
        # Only such rules ask for digests: then one pass over the commits reads both.
        if judges and isinstance(self.history, Past) and any(change.new.digest for change in changes):
            self.history.expect_digests()
        return self.history

    @property
    def holds_path(self) -> str:
        """The file that has the holds of the environment."""
        return self.tree.holds_path(self.environment)

    @property
    def images(self) -> tuple[Image, ...]:
        """What the environment runs now, by the names that it has after the change."""
        return selection.before_items(self.versions.images, self.added)

    def planned(
        self,
        after: Versions,
        source: str = "",
        notes: Sequence[str] = (),
        despite: Mapping[str, str] | None = None,
        is_rollback: bool = False,
        lands: bool = False,
        changes: tuple[Change, ...] | None = None,
    ) -> Proposal:
        """The change from the environment's versions to `after`, judged by every gate, not yet proved.

        `lands` says that it goes onto the shared branch without a pull request; `changes` what the gates are to judge
        where that is not what the images say.
        """
        if changes is None:
            changes = selection.changes(self.images, after.images, self.services)
        notes = tuple(filter(None, (self.tip.note, *notes)))
        plan = Plan(source, self.environment.name, changes, notes=notes, despite=despite or {})
        gates = self.environment.gates
        needs = evaluation.needs(gates)
        context = Context(
            plan,
            self.images,
            clock.now(),
            history=self._history_for(() if is_rollback else changes, needs),
            holds=self.holds,
            base=self.tip.commit or None,
            forge=self.forge if "forge" in needs else None,
            is_rollback=is_rollback,
            lands=lands,
            after=self.environment.after,
            listed=self.environment.listed,
        )
        files = after.changes(self.versions)
        return Proposal(self.tip, self.environment, evaluation.evaluate(context, gates), context, files)


def versions_of(tree: Tree, environment: Environment, asked: Collection[str]) -> Versions:
    """What the environment runs, of all layers where the images that are `asked` for are not in its own folder."""
    versions = tree.versions(environment)
    if all(selection.is_known(one, versions.images, tree.config.services) for one in asked):
        return versions
    return tree.versions(environment, whole=True)


def read(
    workspace: Workspace,
    tip: Tip,
    tree: Tree,
    name: str,
    asked: Collection[str] = (),
    versions: Versions | None = None,
) -> Situation:
    """The environment `name` on the commit that `tree` holds; raises UsageError and ConfigError.

    All layers are read where the images that are `asked` for are not in its own folder. `versions` are those that
    are known already.
    """
    environment = tree.environment(name)
    versions = versions or versions_of(tree, environment, asked)
    whole = [environment.name] if versions.whole else []
    tip = tip.on(environment.place)
    holds_file = tree.read(tree.holds_path(environment))
    environments = tuple(tree.config.environments.values())
    return Situation(
        tip,
        tree,
        environment,
        versions,
        tree.config.services,
        holds_file,
        tree.holds(),
        criteria(tree.root, tree.config, tree.installed),
        lambda: workspace.forge(environment.place),
        lambda: workspace.histories(environments, tip, whole),
    )
