"""Certificates of cert-manager, where it is installed; those in Secrets are not read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from promote.cluster.resources import CERTIFICATES
from promote.cluster.workloads import conditions
from promote.engines.protocol import line
from promote.health.protocol import Check, Row, Subject
from promote.system import clock, durations

_SOON = timedelta(days=14)


def look(subject: Subject) -> Iterator[Row]:
    """One row per Certificate."""
    for one in subject.items(CERTIFICATES):
        name, ready = f"Certificate/{one['metadata']['name']}", conditions(one).get("Ready") or {}
        end = (one.get("status") or {}).get("notAfter")
        left = durations.instant(str(end)) - clock.now() if end else None
        until = f"until {end}" if end else "never issued"
        if ready.get("status") != "True":
            yield Row(name, "failed", f"{until}; {ready.get('reason', 'Unknown')}: {line(ready.get('message'))}")
        elif left is None or left <= timedelta():
            yield Row(name, "failed", f"{until}; it is expired" if left is not None else until)
        else:
            yield Row(name, "warning" if left < _SOON else "ok", until)


CHECK = Check("Certificates", look, needs="cert-manager.io")
