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
from promote.system import printable

_EXIT_BUG = 70
_EXIT_INTERRUPTED = 130
# Where these are set, a runner reads what is printed, and takes some lines for orders.
_RUNNERS = ("GITHUB_ACTIONS", "GITEA_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION")
_NOWHERE = "No usable temporary directory"
# Errors of the machine and of names, which the user can fix: not bugs of promote.
_MACHINE = (
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EMFILE,
    errno.ENFILE,
    errno.ENAMETOOLONG,
    errno.ELOOP,
)
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_LONGEST_NAME = 200  # characters


def main(argv: list[str] | None = None) -> int:
    """Run the command that `argv` (the process's own arguments) asks for and return its exit code."""
    _print_in_any_encoding()
    given = list(sys.argv[1:] if argv is None else argv)
    if "_ARGCOMPLETE" in os.environ:
        from promote.cli import completion

        completion.answer()
    try:
        return _run(given)
    except KeyboardInterrupt as interrupt:
        _complain("promote: interrupted; run the command again to finish")
        code: int = getattr(interrupt, "exit_code", _EXIT_INTERRUPTED)
        return code
    except Exception as error:
        return _failed(error, given)


def _print_in_any_encoding() -> None:
    """Let a terminal without arrows show `\\u2192`: what was done must not end as a failure to print it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _run(given: list[str]) -> int:
    from contextlib import redirect_stdout

    try:
        # argparse answers --help and --version itself, and does not report what it cannot write.
        with redirect_stdout(io.StringIO()) as answer:
            options = arguments.parse(given)
    except SystemExit:
        _print(answer.getvalue().splitlines())
        return 0
    from promote.system.deadline import of_command
    from promote.system.signals import ending

    with ending(), of_command():
        return _do(options)


def _do(given: Namespace) -> int:
    from importlib import import_module

    from promote.errors import UsageError
    from promote.system import process, progress, scratch

    if (encoding := sys.getfilesystemencoding()) != "utf-8":
        # Git's names are bytes, and kustomize's are UTF-8: no other encoding can pass all of them on.
        raise UsageError(f"names of files are {encoding} in this locale: set PYTHONUTF8=1, or LC_ALL=C.UTF-8")

    try:
        os.getcwd()  # noqa: PTH109
    except FileNotFoundError:
        raise UsageError("the current folder does not exist any more: change to another one") from None

    _insist_on_unicode(given)
    scratch.use()
    progress.listen(lambda line: _complain(process.redact(line)))
    command = import_module(f"promote.commands.{given.verb}")
    fields = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in vars(given).items()
        if name not in ("verb", "output")
    }
    try:
        result = command.run(command.Options(**fields))
    except Exception as error:
        if said := getattr(error, "result", None):
            _print(_lines(said, given.output))
        raise
    _print(_lines(result, given.output))
    code: int = result.exit_code
    return code


def _insist_on_unicode(given: Namespace) -> None:
    """Raise UsageError for an argument that is not UTF-8, unless it names a file or a folder that is there."""
    from promote.errors import UsageError

    for name, value in vars(given).items():
        texts = value if isinstance(value, list) else value.values() if isinstance(value, dict) else [value]
        for text in texts:
            is_odd = isinstance(text, str) and any("\ud800" <= one <= "\udfff" for one in text)
            if is_odd and not os.path.exists(text):  # noqa: PTH110
                raise UsageError(f"{text!r}, given as {name.replace('_', '-')}, is not UTF-8: write it in UTF-8")


def _lines(result: Any, output: str) -> Iterable[str]:
    if output == "json":
        import json

        unicode = (sys.stdout.encoding or "utf-8").lower().startswith("utf")
        text = json.dumps(result.json, indent=2, ensure_ascii=not unicode)
        return [printable.harmless(printable.json_escaped(text), json=True)]
    if output == "text":
        return (_for_runners(line.replace("\n", "\\n")) for line in result.text)
    from promote.output import registry

    lines = registry.lines(output, result.report)
    # What is made for a runner of GitHub is an order on purpose; a format in JSON escapes in JSON.
    return lines if output == "github" else [_for_runners(line, json=output == "sarif") for line in lines]


def _print(lines: Iterable[str]) -> None:
    try:
        for line in lines:
            print(printable.shown(line), flush=True)
    except BrokenPipeError:
        # The reader has closed the pipe, as `| head` does: nothing more can be written.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise OSError(error.errno, error.strerror, "the file that the output goes to") from None


def _failed(error: Exception, given: list[str]) -> int:
    from promote.errors import PromoteError
    from promote.system.process import redact

    if isinstance(error, PromoteError):
        _complain(f"promote: {printable.one_line(redact(str(error)))}{_hint(error, given)}")
        return error.exit_code
    if trouble := _trouble(error):
        _complain(f"promote: {printable.one_line(trouble)}: fix that, then run the command again")
        return PromoteError.exit_code
    if isinstance(error, RecursionError | MemoryError):
        # A last resort: what comes from outside is limited where it is read.
        _complain("promote: the input is nested too deeply or too large: check parts of it separately")
        return PromoteError.exit_code
    import traceback

    for line in redact("".join(traceback.format_exception(error))).splitlines():
        _complain(line)
    _complain("promote: this is a bug; please report the lines above")
    return _EXIT_BUG


def _trouble(error: Exception) -> str:
    """What the machine, or the name of a file, has made impossible; empty for every other error."""
    if isinstance(error, OSError) and (error.errno in _MACHINE or _NOWHERE in str(error.strerror)):
        name = str(error.filename or "")
        if not name and error.errno in _FULL:
            # For a file that is already open, the error has no name. Only temporary files can get here.
            from promote.system import scratch

            name = f"the folder for temporary files, {scratch.top()} (TMPDIR)"
        return f"{error.strerror}: {name[:_LONGEST_NAME]}" if name else str(error.strerror)
    # Before Python 3.13, pathlib raises this for a link that leads to itself.
    return str(error)[:_LONGEST_NAME] if isinstance(error, RuntimeError) and "Symlink loop" in str(error) else ""


def _complain(line: str) -> None:
    try:
        print(_for_runners(printable.shown(line)), file=sys.stderr, flush=True)
    except OSError:
        return  # the exit code still says it


def _for_runners(line: str, *, json: bool = False) -> str:
    return printable.harmless(line, json=json) if any(map(os.environ.get, _RUNNERS)) else line


def _hint(error: Exception, given: list[str]) -> str:
    """`promote histroy staging` asks for a command, though it reads like two environments."""
    from promote.errors import UnknownEnvironment

    verb = arguments.nearest_verb(given[0]) if given[0] not in COMMANDS else None
    return f" (or the command `promote {verb}`?)" if verb and isinstance(error, UnknownEnvironment) else ""
