"""Runs one command, prints what it found and turns every failure into an exit code; nothing else prints."""

from __future__ import annotations

import errno
import io
import os
import sys
from argparse import Namespace
from collections.abc import Iterable
from typing import Any

from promote.cli import arguments
from promote.commands.registry import COMMANDS

_EXIT_BUG = 70
_EXIT_INTERRUPTED = 130
# All control characters except tabs and newlines: what a cluster or a forge says must not move the cursor.
_CONTROL = {code: f"\\x{code:02x}" for code in (*range(32), *range(0x7F, 0xA0)) if chr(code) not in "\t\n"}
# The machine's troubles, not ours: whoever sees one can fix it.
_MACHINE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE)


def main(argv: list[str] | None = None) -> int:
    """Run the command that `argv` (the process's own arguments) asks for and return its exit code."""
    _print_in_any_encoding()
    given = list(sys.argv[1:] if argv is None else argv)
    try:
        return _run(given)
    except KeyboardInterrupt:
        print("promote: interrupted; run the command again to finish", file=sys.stderr)
        return _EXIT_INTERRUPTED
    except Exception as error:
        return _failed(error, given)


def _print_in_any_encoding() -> None:
    """Let a terminal without arrows show `\\u2192`: what was done must not end as a failure to print it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _run(given: list[str]) -> int:
    try:
        options = arguments.parse(given)
    except SystemExit:
        # argparse has answered --help or --version.
        _print(())
        return 0
    return _do(options)


def _do(given: Namespace) -> int:
    from importlib import import_module

    from promote.system import process, progress

    progress.listen(lambda line: print(process.redact(line), file=sys.stderr, flush=True))
    command = import_module(f"promote.commands.{given.verb}")
    fields = {name: _frozen(value) for name, value in vars(given).items() if name not in ("verb", "output")}
    try:
        result = command.run(command.Options(**fields))
    except Exception as error:
        if said := getattr(error, "result", None):
            _print(_lines(said, given.output))
        raise
    _print(_lines(result, given.output))
    code: int = result.exit_code
    return code


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _lines(result: Any, output: str) -> Iterable[str]:
    if output == "json":
        import json

        unicode = (sys.stdout.encoding or "utf-8").lower().startswith("utf")
        return [json.dumps(result.json, indent=2, ensure_ascii=not unicode)]
    if output == "text":
        text: Iterable[str] = result.text
        return text
    from promote.output import registry

    return registry.lines(output, result.report)


def _print(lines: Iterable[str]) -> None:
    try:
        for line in lines:
            print(line.translate(_CONTROL), flush=True)
    except BrokenPipeError:
        # The reader went away, as `| head` does; nothing more can be said to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _failed(error: Exception, given: list[str]) -> int:
    from promote.errors import PromoteError
    from promote.system.process import redact

    if isinstance(error, PromoteError):
        print(f"promote: {_one_line(redact(str(error)))}{_hint(error, given)}".translate(_CONTROL), file=sys.stderr)
        return error.exit_code
    if isinstance(error, OSError) and error.errno in _MACHINE:
        where = f": {error.filename}" if error.filename else ""
        print(f"promote: {error.strerror}{where}: fix that, then run the command again", file=sys.stderr)
        return PromoteError.exit_code
    import traceback

    print(redact("".join(traceback.format_exception(error))), file=sys.stderr)
    print("promote: this is a bug; please report the lines above", file=sys.stderr)
    return _EXIT_BUG


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _hint(error: Exception, given: list[str]) -> str:
    """`promote histroy staging` asks for a command, though it reads like two environments."""
    from promote.errors import UnknownEnvironment

    verb = arguments.nearest_verb(given[0]) if given[0] not in COMMANDS else None
    return f" (or the command `promote {verb}`?)" if verb and isinstance(error, UnknownEnvironment) else ""
