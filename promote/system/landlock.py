"""What a program that we start may open, enforced by the kernel: https://docs.kernel.org/userspace-api/landlock.html.

Linux has it from 5.13 on, for every user. Where it is missing, programs start without it.
"""

from __future__ import annotations

import os
import stat
import struct
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache as once
from itertools import chain
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

_Made = TypeVar("_Made")

# The same numbers on all architectures for which there is a release.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ARCHITECTURES = ("x86_64", "aarch64")
_VERSION, _PATH_BENEATH, _NO_NEW_PRIVILEGES = 1, 1, 38
_EXECUTE, _WRITE, _READ, _LIST, _TRUNCATE, _DEVICE = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 14, 1 << 15
_OF_FILES = _EXECUTE | _WRITE | _READ | _TRUNCATE | _DEVICE
_CHANGE = _WRITE | _READ | _LIST | sum(1 << bit for bit in range(4, 15))
# How many bits of rights for files, for TCP, and of signals and abstract sockets, each version knows.
_FILES, _TCP, _SCOPES = ((1, 13), (2, 14), (3, 15), (5, 16)), ((4, 2),), ((6, 2),)
# What an ELF program needs before it runs: its loader, libraries, and what Go's runtime asks the system for.
_LOADERS = "ld-*.so*"
_LIBRARIES = ("/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64", "/etc/ld.so.cache")
_STORES = ("/nix/store", "/gnu/store")
_ASKED = ("/usr/share/zoneinfo", "/sys/kernel/mm/transparent_hugepage")
_NULL = "/dev/null"


@dataclass(frozen=True, slots=True)
class Access:
    """The files and folders that a program may read, those that it may run, and folders that it may change."""

    reads: Iterable[Path]
    runs: Iterable[Path]
    changes: Iterable[Path] = field(default=())


@once
def version() -> int:
    """What this kernel supports; 0 where it has no Landlock, or forbids it."""
    if sys.platform != "linux" or os.uname().machine not in _ARCHITECTURES:
        return 0
    try:
        return _call(_CREATE_RULESET, None, 0, _VERSION)
    except OSError:
        return 0


def within(access: Access | None, make: Callable[[], _Made]) -> _Made:
    """What `make` returns; the programs that it starts may open only what `access` says, now and later.

    Raises what `make` raises.
    """
    if access is None or not version():
        return make()
    made: list[_Made] = []
    failed: list[BaseException] = []

    def limited() -> None:
        try:
            _restrict_this_thread(access)
            made.append(make())
        except BaseException as error:  # it is raised where the result is waited for
            failed.append(error)

    # The kernel restricts one thread, and what this thread starts. Ours ends at once.
    thread = Thread(target=limited)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return made[0]


def _restrict_this_thread(access: Access) -> None:
    handled = [_known(bits) for bits in (_FILES, _TCP, _SCOPES)]
    # A program that may do nothing of a kind gets no rule for it: no connection, no signal to others.
    about = struct.pack("=QQQ", *handled)
    with suppress(OSError):  # such as too many layers: promote itself is restricted already
        rules = _call(_CREATE_RULESET, about, len(about), 0)
        try:
            for path, rights in _rights(access):
                _allow(rules, path, rights & handled[0])
            _call(None, _NO_NEW_PRIVILEGES, 1, 0, 0, 0)
            _call(_RESTRICT_SELF, rules, 0)
        finally:
            os.close(rules)


def _known(versions: tuple[tuple[int, int], ...]) -> int:
    """All rights of a kind that the kernel knows, as bits."""
    return (1 << max((bits for since, bits in versions if since <= version()), default=0)) - 1


def _rights(access: Access) -> Iterator[tuple[str | Path, int]]:
    yield _NULL, _READ | _WRITE
    for path in chain[str | Path](_LIBRARIES, _ASKED, access.reads):
        yield path, _READ | _LIST
    for path in chain[str | Path](_STORES, _loaders(), access.runs):
        yield path, _READ | _LIST | _EXECUTE
    for folder in access.changes:
        yield folder, _CHANGE


@once
def _loaders() -> tuple[Path, ...]:
    return tuple(path for folder in ("/lib", "/lib64") for path in Path(folder).glob(_LOADERS))


def _allow(rules: int, path: str | Path, rights: int) -> None:
    """Allow `rights` at and below a path, if there is something; links are followed."""
    try:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        is_folder = stat.S_ISDIR(os.fstat(opened).st_mode)
        said = struct.pack("=Qi", rights if is_folder else rights & _OF_FILES, opened)
        _call(_ADD_RULE, rules, _PATH_BENEATH, said, 0)
    finally:
        os.close(opened)


def _call(number: int | None, *arguments: int | bytes | None) -> int:
    """A system call, by default prctl; raises OSError."""
    # Imported here: only commands that start such a program need it.
    import ctypes

    libc = _libc()
    given = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
    answer = int(libc.prctl(*given) if number is None else libc.syscall(ctypes.c_long(number), *given))
    if answer < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return answer


@once
def _libc() -> Any:
    import ctypes

    return ctypes.CDLL(None, use_errno=True)
