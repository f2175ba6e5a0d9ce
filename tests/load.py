"""How long to wait on a machine that does other things as well."""

from __future__ import annotations

import os

# What does not come by then never comes: a test that fails must not hold up all others for hours.
BUSIEST = 4.0


def patience(seconds: float) -> float:
    """The seconds in which a machine with other work does what a quiet one does in `seconds`."""
    return seconds * min(BUSIEST, max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)))
