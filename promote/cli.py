"""Runs one command, prints what it found and turns every failure into an exit code; nothing else prints."""

from __future__ import annotations

import io
import os
import sys
from argparse import Namespace
from typing import Any

from promote import arguments

_EXIT_BUG = 70
_EXIT_INTERRUPTED = 130


def main(argv: list[str] | None = None) -> int:
    """Run the command that `argv` (the process's own arguments) asks for and return its exit code."""
    _print_in_any_encoding()
    try:
        return _run(arguments.parse(list(sys.argv[1:] if argv is None else argv)))
    except KeyboardInterrupt:
        print("promote: interrupted; run the command again to finish", file=sys.stderr)
        return _EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader went away, as `| head` does; nothing more can be said to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        return _failed(error)


def _print_in_any_encoding() -> None:
    """Let a terminal without arrows show `\\u2192`: what was done must not end as a failure to print it."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _run(given: Namespace) -> int:
    from importlib import import_module

    command = import_module(f"promote.commands.{given.verb}")
    fields = {name: _frozen(value) for name, value in vars(given).items() if name not in ("verb", "output")}
    result = command.run(command.Options(**fields))
    _print(result, given.output)
    code: int = result.exit_code
    return code


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _print(result: Any, output: str) -> None:
    if output == "json":
        import json

        print(json.dumps(result.json, indent=2, ensure_ascii=False))
        return
    lines = result.text if output == "text" else result.views[output]()
    for line in lines:
        print(line)
    sys.stdout.flush()


def _failed(error: Exception) -> int:
    from promote.errors import PromoteError
    from promote.process import redact

    if isinstance(error, PromoteError):
        print(f"promote: {redact(str(error))}", file=sys.stderr)
        return error.exit_code
    import traceback

    print(redact("".join(traceback.format_exception(error))), file=sys.stderr)
    print("promote: this is a bug; please report the lines above", file=sys.stderr)
    return _EXIT_BUG
