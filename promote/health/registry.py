"""Every check of health: one line here, and one file `promote/health/NAME.py` with the constant CHECK."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from promote.errors import Forbidden, NotServed, Unreachable

if TYPE_CHECKING:
    from promote.health.protocol import Check, Checked, Subject

# In the order in which they are printed.
CHECKS = (
    "pods",
    "services",
    "datastores",
    "jobs",
    "usage",
    "autoscalers",
    "claims",
    "certificates",
    "sync",
)


def check(name: str) -> Check:
    """The declaration of the check `name`."""
    found: Check = import_module(f"promote.health.{name}").CHECK
    return found


def run(subject: Subject) -> tuple[Checked, ...]:
    """Every check; raises ClusterError where one that is not optional cannot look."""
    return tuple(_run(name, check(name), subject) for name in CHECKS)


def _run(name: str, one: Check, subject: Subject) -> Checked:
    # Imported here: a registry loads nothing but names.
    from promote.cluster.client import understood
    from promote.health.protocol import Checked, Row

    try:
        with understood():
            return Checked(name, one.title, tuple(one.look(subject)))
    except NotServed:
        if not one.needs:
            raise
        reason = "not installed"
    except (Forbidden, Unreachable) as error:
        if not one.needs:
            raise
        reason = str(error)
    return Checked(name, one.title, (Row(one.needs, "unknown", reason),))
