"""Write the pages that are made from other files, so that they cannot tell anything else: `make docs`.

Each module in tools/pages has a function `pages(root)` that answers every page it makes, as text by path. Pages
under docs/ are made as a whole and get a notice; of any other file a module answers the whole text, its part renewed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOTICE = "<!-- Made by `make docs` from "

Generator = Callable[[Path], Mapping[str, str]]


def generators() -> dict[str, Generator]:
    """The function of every module in tools/pages, by the module's file."""
    files = sorted((ROOT / "tools" / "pages").glob("*.py"))
    return {f"tools/pages/{file.name}": import_module(f"tools.pages.{file.stem}").pages for file in files}


def made(root: Path, by: Mapping[str, Generator]) -> dict[str, str]:
    """Every page as it should be, by path; raises ValueError where two modules make the same one."""
    found: dict[str, str] = {}
    for file, generator in by.items():
        for path, text in generator(root).items():
            if path in found:
                raise ValueError(f"{file} makes {path}, and so does another module")
            found[path] = f"{NOTICE}{file}; do not edit. -->\n\n{text}" if path.startswith("docs/") else text
    return found


def stale(root: Path, pages: Mapping[str, str]) -> list[str]:
    """The paths whose file is not what it should be, and pages that nothing makes any more."""
    wrong = [path for path, text in pages.items() if not _is(root / path, text)]
    return sorted(wrong + [path for path in _existing(root) if path not in pages])


def _is(file: Path, text: str) -> bool:
    return file.is_file() and file.read_text(encoding="utf-8") == text


def _existing(root: Path) -> Iterable[str]:
    for file in (root / "docs").rglob("*.md"):
        if file.read_text(encoding="utf-8").startswith(NOTICE):
            yield file.relative_to(root).as_posix()


def write(root: Path, pages: Mapping[str, str]) -> list[str]:
    """Make every file what it should be, remove pages that nothing makes any more, and say which ones changed."""
    changed = stale(root, pages)
    for path in changed:
        if path in pages:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(pages[path], encoding="utf-8")
        else:
            (root / path).unlink()
    return changed


def main() -> int:
    """Write all pages of this repository."""
    for path in write(ROOT, made(ROOT, generators())):
        print(f"docs: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
