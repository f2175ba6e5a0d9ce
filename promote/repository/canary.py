"""How an environment judges a canary: the settings `canary` of promote.yaml, and what applies without them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from string import Template
from typing import Any

from promote.system import durations

_OF_WORKLOAD = 'namespace="$namespace", pod=~"$workload-[a-z0-9]+-[a-z0-9]+"'
_REQUESTS = f"sum(rate(http_requests_total{{{_OF_WORKLOAD}}}[2m]))"
_ERRORS = f'sum(rate(http_requests_total{{{_OF_WORKLOAD}, status=~"5.."}}[2m]))'
_BUCKETS = f"sum by (le) (rate(http_request_duration_seconds_bucket{{{_OF_WORKLOAD}}}[2m]))"


@dataclass(frozen=True, slots=True)
class Check:
    """A question to Prometheus with one number as its answer: a version is bad if that is larger than `above`.

    `query` may contain `$workload`, `$service` and `$namespace`.
    """

    name: str
    query: str
    above: float

    def about(self, workload: str, service: str, namespace: str) -> str:
        """The query about one Deployment; a `$` that is not one of the three names stays as it is."""
        return Template(self.query).safe_substitute(workload=workload, service=service, namespace=namespace)


# A version without a single error has no series of errors: that counts as zero, unless it has no requests either.
DEFAULTS = (
    Check("errors", f"({_ERRORS} or vector(0)) / {_REQUESTS}", 0.05),
    Check("latency", f"histogram_quantile(0.95, {_BUCKETS})", 1.0),
)


@dataclass(frozen=True, slots=True)
class Canary:
    """Where and how often to ask, how long a step must be good, and how long it may be without data."""

    prometheus: str
    interval: timedelta = timedelta(seconds=30)
    duration: timedelta = timedelta(minutes=5)
    patience: timedelta = timedelta(minutes=2)
    checks: tuple[Check, ...] = DEFAULTS

    @classmethod
    def configured(cls, settings: Mapping[str, Any] | None) -> Canary | None:
        """The settings that the schema allows, with the defaults of what is left out; None where there are none.

        Raises ValueError for a time that is too long.
        """
        if settings is None:
            return None
        lengths = {
            key: durations.parse(settings[key]) for key in ("interval", "duration", "patience") if key in settings
        }
        checks = tuple(Check(one["name"], one["query"], float(one["above"])) for one in settings.get("checks", ()))
        return cls(settings["prometheus"].rstrip("/"), checks=checks or DEFAULTS, **lengths)
