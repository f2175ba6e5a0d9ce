"""Shows a demonstration on a terminal: what is said, which command runs, what it prints, what was verified."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap

from tools.sandbox import Broken, Ran, Sandbox

_WIDEST = 100
_STYLES = {"bold": "1", "green": "32", "cyan": "36"}


class Stage:
    """Where a demonstration plays; `verified` counts the claims that held."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.verified = 0
        self._sandbox = sandbox
        self._width = min(shutil.get_terminal_size((_WIDEST, 24)).columns, _WIDEST)
        self._coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

    def title(self, text: str) -> None:
        """Begin a step."""
        print(f"\n\n{self._styled('bold', text)}", flush=True)

    def say(self, text: str) -> None:
        """Explain what comes next, and why."""
        print()
        self._print(" ".join(text.split()), "   ", "   ")

    def show(self, *words: str) -> None:
        """Show a command as one would type it."""
        shown = " ".join(f'"{word}"' if " " in word and len(words) > 1 else word for word in words)
        lines = textwrap.wrap(shown, self._width - 8, break_long_words=False, break_on_hyphens=False)
        print(self._styled("cyan", "   $ " + " \\\n       ".join(lines)), flush=True)

    def promote(self, *arguments: str, code: int = 0, last: int | None = None, cut: bool = False) -> Ran:
        """Show and run a promote command that has to leave with `code`; of its output the `last` lines or all."""
        print()
        self.show("promote", *arguments)
        done = self._sandbox.promote(*arguments, cut=cut)
        self._output(done, last)
        claim = f"exit code {code}" if code >= 0 else f"ended by signal {-code}"
        if done.code != code:
            raise Broken(f"`promote {' '.join(arguments)}`: {claim} was to come, not {done.code}")
        self.verify(claim, True)
        return done

    def git(self, *arguments: str) -> Ran:
        """Show and run a git command that has to succeed."""
        print()
        self.show("git", *arguments)
        done = self._sandbox.git(*arguments)
        self._output(done, None)
        if done.code != 0:
            raise Broken(f"`git {' '.join(arguments)}` left with {done.code}")
        return done

    def verify(self, claim: str, holds: bool) -> None:
        """Say that `claim` was verified; raises Broken when it does not hold."""
        if not holds:
            raise Broken(claim)
        self.verified += 1
        self._print(claim, "   ok  ", " " * 7, style="green")

    def _output(self, done: Ran, last: int | None) -> None:
        hidden = 0 if last is None else max(len(done.lines) - last, 0)
        if hidden:
            self._print(f"[{hidden} lines as before]", " " * 5)
        for line in done.lines[hidden:]:
            self._print(line, " " * 5, " " * 11)

    def _print(self, text: str, first: str, rest: str = "", style: str = "") -> None:
        lines = textwrap.wrap(
            text,
            self._width,
            initial_indent=first,
            subsequent_indent=rest,
            break_long_words=False,
            break_on_hyphens=False,
        )
        shown = "\n".join(lines)
        print(self._styled(style, shown[: len(first)]) + shown[len(first) :] if style else shown, flush=True)

    def _styled(self, style: str, text: str) -> str:
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self._coloured else text
