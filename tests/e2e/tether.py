"""Becomes another program that the kernel kills as soon as the process that started it is gone.

`python tether.py PARENT PROGRAM ARGUMENT…`: no handler, no `finally` and no supervisor is needed for
that, so it holds even when the tests are killed with SIGKILL.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

# Linux may count processor time by session, of which each program here has its own; then this is what `nice` is for.
AUTOGROUP = Path("/proc/self/autogroup")
PR_SET_PDEATHSIG = 1  # from linux/prctl.h; it outlives the exec below


def main(parent: str, *command: str) -> None:
    """Never return: be the program, or end."""
    if ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL) != 0:
        raise SystemExit("prctl failed")
    if os.getppid() != int(parent):
        raise SystemExit("whoever asked for this is gone")
    if niceness := os.nice(0):
        with suppress(OSError):
            AUTOGROUP.write_text(str(niceness))
    os.execv(command[0], command)


if __name__ == "__main__":
    main(*sys.argv[1:])
