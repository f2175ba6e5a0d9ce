"""Jobs, such as migrations: whether one has failed; of a CronJob, which tries again, that is a warning."""

from __future__ import annotations

from collections.abc import Iterator

from promote.cluster import workloads
from promote.health.protocol import Check, Row, State, Subject


def look(subject: Subject) -> Iterator[Row]:
    """One row per Job."""
    for namespace in subject.namespaces:
        for one in workloads.jobs(subject.cluster, namespace):
            failed: State = "warning" if one.is_scheduled else "failed"
            why = f"failed: {one.reason}" + (f": {one.message}" if one.message else "")
            done = "complete" if one.complete else "running"
            yield Row(f"Job/{one.name}", failed if one.failed else "ok", why if one.failed else done)


CHECK = Check("Jobs", look)
