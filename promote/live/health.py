"""The health of an environment: what Git wants to be there, and every check of the cluster."""

from __future__ import annotations

from dataclasses import dataclass

from promote.cluster.client import Address
from promote.cluster.workloads import key_of
from promote.errors import RenderError
from promote.health import registry
from promote.health.protocol import Checked, Subject
from promote.live import observed
from promote.live.observed import Expected, Reach
from promote.repository.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Health:
    """What the checks say of an environment."""

    environment: str
    context: str
    checks: tuple[Checked, ...]

    @property
    def is_healthy(self) -> bool:
        """Whether nothing has failed; warnings, and what nobody can read, do not count."""
        return not any(row.state == "failed" for check in self.checks for row in check.rows)


@dataclass(frozen=True, slots=True)
class Patient:
    """An environment that can be looked at again and again."""

    workspace: Workspace
    expected: Expected
    reach: Reach

    def look(self) -> Health:
        """Every check now; raises ClusterError."""
        expected, default = self.expected, self.expected.default_namespace
        engine, notes = observed.delivery(self.workspace, expected.environment, self.reach)
        wanted = frozenset(key_of(one.identity, default) for one in expected.workloads)
        cluster = self.reach.cluster
        subject = Subject(cluster, expected.namespaces, wanted, engine, notes)
        return Health(expected.environment.name, cluster.context, registry.run(subject))


def patient(workspace: Workspace, name: str, given: Address) -> Patient:
    """The environment as the shared branch has it; raises RenderError where nothing says what should run."""
    expected = observed.expected(workspace, workspace.branches.local_tip(), name)
    if expected.fault and not expected.basis:
        raise RenderError(expected.fault)
    return Patient(workspace, expected, observed.reach(expected.environment, given))
