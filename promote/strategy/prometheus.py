"""Asks Prometheus for one number; a token in PROMETHEUS_TOKEN goes to the configured server only, and encrypted."""

from __future__ import annotations

import math
import os
import re
from http import HTTPStatus
from typing import Any

from promote.errors import ConfigError, NetworkError, UsageError
from promote.system.deadline import Deadline
from promote.yamltext import reader

_SECONDS = 10  # for one answer
LONGEST_REASON = 300  # characters of what a server or a cluster says: a commit and a hold may keep them
_TOKEN = "PROMETHEUS_TOKEN"  # noqa: S105 the name of the variable
# Where a token may be sent: as for forges, without TLS to this machine only.
_SAFE = re.compile(r"https://|http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(/|$)", re.IGNORECASE)


class Prometheus:
    """One server, by the address of its web page."""

    def __init__(self, address: str) -> None:
        """Raises UsageError for a token that is not sent there."""
        from promote.system import http

        self._address = address
        self._session = http.session()
        token = _token(address)
        self._session.headers.update({"User-Agent": "promote", "Accept": "application/json"})
        if token:
            self._session.headers["Authorization"] = f"Bearer {token}"

    def ask(self, query: str) -> float | None:
        """The largest number of the answer; None where it has no series, or one that is not a number.

        Raises NetworkError where there is no answer, and ConfigError for a query that Prometheus does not take.
        """
        try:
            url, data = f"{self._address}/api/v1/query", {"query": query}
            answer = Deadline(_SECONDS).ask(
                lambda: self._session.post(url, data=data, timeout=_SECONDS, allow_redirects=False), self._address
            )
            content: Any = reader.from_json(answer.content)
        except OSError as error:
            raise NetworkError(f"Prometheus at {self._address} cannot be reached: {type(error).__name__}") from None
        except ValueError:
            raise NetworkError(
                f"{self._address} does not answer like Prometheus (HTTP {answer.status_code})"
            ) from None
        if answer.status_code == HTTPStatus.BAD_REQUEST:
            raise ConfigError(f"Prometheus cannot evaluate the query {query!r}: {_reason(content)}")
        if answer.status_code != HTTPStatus.OK:
            raise NetworkError(f"Prometheus at {self._address} answers HTTP {answer.status_code}: {_reason(content)}")
        return _largest(content)


def _token(address: str) -> str:
    """The token for an address, empty where there is none; raises UsageError if it is not sent there."""
    token = os.environ.get(_TOKEN, "").strip()
    if token and not _SAFE.match(address):
        raise UsageError(f"the token in {_TOKEN} is not sent to {address}: use https for `prometheus`, or unset it")
    # requests would show a value that is not valid in a header.
    if token and not re.fullmatch(r"[!-~]+", token):
        raise UsageError(f"{_TOKEN} contains spaces, line breaks or other characters that no token has")
    return token


def _reason(content: Any) -> str:
    """Its reason in one line."""
    said = content.get("error") if isinstance(content, dict) else None
    return " ".join(str(said or "it gives no reason")[:LONGEST_REASON].split())


def _largest(content: Any) -> float | None:
    """The number in the answer to a query: https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries."""
    try:
        data = content["data"]
        samples = [data["result"]] if data["resultType"] == "scalar" else [one["value"] for one in data["result"]]
        numbers = [float(text) for _, text in samples]
    except (KeyError, OverflowError, TypeError, ValueError):
        raise ConfigError(
            "the query has no number as its result: write one that gives a scalar or a vector"
        ) from None
    return None if not numbers or any(map(math.isnan, numbers)) else max(numbers)
