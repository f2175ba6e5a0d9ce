"""Where a token for Prometheus is sent."""

from __future__ import annotations

import pytest

from promote.errors import UsageError
from promote.strategy.prometheus import Prometheus

TOKEN = "prometheus-secret"  # noqa: S105 of nobody


@pytest.mark.parametrize(
    "address",
    ["https://metrics.example.com", "HTTPS://metrics.example.com/a", "http://127.0.0.1:9090", "http://localhost",
     "http://localhost:9090/prometheus", "http://[::1]:9090"],
)  # fmt: skip
def test_a_token_goes_to_https_and_to_this_machine(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMETHEUS_TOKEN", TOKEN)
    assert Prometheus(address)._session.headers["Authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize(
    "address",
    ["http://metrics.example.com", "http://10.0.0.1:9090", "http://localhost.example.com", "http://127.0.0.1.example",
     "http://127.0.0.1:9090:80", "http://localhost:x/", "http://127.1", "HTTP://prometheus.monitoring:9090",
     "http://localhost\\.example.com", "http://localhost?.example.com"],
)  # fmt: skip
def test_and_nowhere_else(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMETHEUS_TOKEN", TOKEN)
    with pytest.raises(UsageError, match=r"is not sent to (?i:http)") as caught:
        Prometheus(address)
    assert TOKEN not in str(caught.value)
    monkeypatch.setenv("PROMETHEUS_TOKEN", " ")
    assert "Authorization" not in Prometheus(address)._session.headers


@pytest.mark.parametrize("token", ["two words", "a\nb", "caf\u00e9"])
def test_a_token_that_no_header_can_have_is_not_shown(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMETHEUS_TOKEN", token)
    with pytest.raises(UsageError, match="characters that no token has") as caught:
        Prometheus("https://metrics.example.com")
    assert token not in str(caught.value)
