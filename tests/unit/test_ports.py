"""No two servers of the tests are given the same port, whoever starts them."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests import ports
from tests.manifests.render import REPOSITORY
from tests.ports import free_ports


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A range so small that chance alone would soon give a port twice."""
    (base,) = free_ports(1)
    monkeypatch.setattr(ports, "LOWEST", base + 1)
    monkeypatch.setattr(ports, "HIGHEST", base + 9)


def _all_that_are_left() -> Iterator[int]:
    for _ in range(20):
        try:
            yield from free_ports(1)
        except AssertionError as error:
            assert "no free port" in str(error)  # noqa: PT017
            return
    pytest.fail("more ports than there are")


@pytest.mark.usefixtures("narrow")
def test_a_port_is_given_once() -> None:
    given = list(_all_that_are_left())
    assert given
    assert len(given) == len(set(given))


@pytest.mark.usefixtures("narrow")
def test_another_process_is_not_given_it_either() -> None:
    given = free_ports(3)
    script = (
        "from tests import ports\n"
        f"ports.LOWEST, ports.HIGHEST = {ports.LOWEST}, {ports.HIGHEST}\n"
        "try:\n"
        "    for _ in range(20): print(*ports.free_ports(1))\n"
        "except AssertionError: pass"
    )
    said = subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert not set(map(int, said.stdout.split())) & set(given)


@pytest.mark.usefixtures("narrow")
def test_a_port_in_use_is_not_given() -> None:
    with socket.socket() as used:
        used.bind(("127.0.0.1", ports.LOWEST))
        used.listen()
        assert ports.LOWEST not in set(_all_that_are_left())


def test_the_second_port_is_kept_too() -> None:
    (port,) = free_ports(1, beside=5000)
    with socket.socket(type=socket.SOCK_DGRAM) as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", port + 5000))


def test_no_port_is_one_of_the_kernels_choice() -> None:
    with socket.socket() as outgoing:
        outgoing.bind(("127.0.0.1", 0))
        assert max(free_ports(50)) < ports.HIGHEST < outgoing.getsockname()[1]
