"""`promote completion SHELL`: the lines that let a shell complete what is typed."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import dataclass

from promote.commands.result import Result

SHELLS = ("bash", "zsh", "fish")


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for."""

    shell: str


def arguments(parser: ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument(
        "shell", choices=SHELLS, help="source what is printed, as in `source <(promote completion bash)`"
    )


def run(given: Options) -> Result:
    """The script for the shell."""
    # Imported here: only this command needs it.
    from argcomplete.shell_integration import shellcode

    script = shellcode(["promote"], shell=given.shell)
    return Result({"shell": given.shell, "script": script}, script.splitlines())
