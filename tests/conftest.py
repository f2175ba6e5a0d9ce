from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from promote.system import scratch
from tests import shared

# Started in the background of a shell, Python would ignore Ctrl-C, and under nohup a hangup; all that the tests start
# would, too.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

# The same examples everywhere, and no clock: a busy machine is no failure.
settings.register_profile("quick", deadline=None, derandomize=True, database=None, max_examples=20)
settings.register_profile("thorough", settings.get_profile("quick"), max_examples=60)
settings.load_profile("quick")  # `make thorough` asks for the other

# Most of their tests start many processes. `make test` runs those marked `quick`, `make integration` the others.
MOSTLY_SLOW = tuple(Path(__file__).parent / name for name in ("integration", "hostile"))


def pytest_sessionstart() -> None:
    """Make the temporary folder of this process before a test names another place for it, which is deleted."""
    scratch.top()


@pytest.hookimpl(tryfirst=True)  # before pytest chooses by `-m`
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent in MOSTLY_SLOW and not item.get_closest_marker("quick"):
            item.add_marker("slow")


@pytest.hookimpl(wrapper=True)  # the first process waits here for the others
def pytest_cmdline_main() -> Iterator[None]:
    with shared.folder():
        return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)  # after the summary of pytest itself
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Iterator[None]:
    """Name what failed at the very end, where a log that is cut still has it."""
    yield
    for each in [*terminalreporter.getreports("failed"), *terminalreporter.getreports("error")]:
        terminalreporter.write_line(f"failed: {each.nodeid} ({each.when})")
