"""What `make fuzz` starts from, and what it has found, without the fuzzer."""

from __future__ import annotations

import pytest

from tests.fuzz.inputs import FOUND
from tests.fuzz.targets import SEEDS, TARGETS

ODD = (
    b"",
    b"\xff\xfe",
    b"\x00",
    b"\xef\xbb\xbfa: b",
    b"a: &a [*a]",
    b"[" * 3000,
    b'"\\ud800"',
    b"9" * 5000,
    b"- - - a\r\n",
)


def test_every_target_has_seeds() -> None:
    assert TARGETS.keys() == SEEDS.keys()
    assert [name for name, seeds in SEEDS.items() if not seeds] == []


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_takes_its_seeds_and_parts_of_them(name: str) -> None:
    for seed in SEEDS[name]:
        TARGETS[name](seed)
        for end in range(1, len(seed), 1 + len(seed) // 12):
            TARGETS[name](seed[:end])
            TARGETS[name](seed[end:])


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_takes_odd_bytes(name: str) -> None:
    for data in ODD:
        TARGETS[name](data)


@pytest.mark.parametrize(("name", "data"), FOUND)
def test_what_was_found_stays_fixed(name: str, data: bytes) -> None:
    TARGETS[name](data)
