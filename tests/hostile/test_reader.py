"""YAML, JSON, dates and lengths that would fill the memory, the stack or the calendar."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping

import pytest

from tests.hostile.harness import Hostile
from tests.integration.tiny import CONFIG, FILES

thorough = pytest.mark.thorough
OVERLAY = "overlays/staging/kustomization.yaml"


def bomb(levels: int = 9) -> str:
    """Ten aliases of ten aliases, `levels` times: a few hundred bytes that expand to gigabytes."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{one}: &a{one} [{', '.join([f'*a{one - 1}'] * 10)}]" for one in range(1, levels + 1)]
    return "\n".join(lines) + "\n"


def chain(length: int) -> str:
    """Lists in lists, each by an alias, so that no line is nested."""
    return "c0: &c0 [x]\n" + "".join(f"c{one}: &c{one} [*c{one - 1}]\n" for one in range(1, length))


BRACKETS = "[" * 100_000
DEEP = "a: " + "[" * 5000 + "]" * 5000 + "\n"
INDENTED = "".join(" " * level + "a:\n" for level in range(2000))
DIGITS = "a: " + "9" * 100_000 + "\n"
# A form of YAML that must be refused in every file, and the words that say so.
TEXTS: dict[str, bytes] = {
    "bomb": bomb().encode(),
    "chain": chain(5000).encode(),
    "cycle": b"a: &a [*a]\n",
    "merge": ("a0: &a0 {k: v}\n" + "".join(
        f"a{one}: &a{one} {{<<: [{', '.join([f'*a{one - 1}'] * 10)}]}}\n" for one in range(1, 12))).encode(),
    "brackets": BRACKETS.encode(),
    "deep": DEEP.encode(),
    "indented": INDENTED.encode(),
    "carriage returns": INDENTED.replace("\n", "\r").encode(),
    "dashes": ("- " * 5000 + "a\n").encode(),
    "digits": DIGITS.encode(),
    "hexadecimal": ("a: 0x" + "f" * 1_000_000 + "\n").encode(),
    "sexagesimal": ("a: " + ":".join(["59"] * 100_000) + "\n").encode(),
    "long": b"a: " + b"x" * 10_000_000 + b"\n",
    "many": b"a: [" + b"1," * 1_000_000 + b"]\n",
    "latin": b"a: \xff\xfe\xe9\n",
    "utf-16": "a: b\n".encode("utf-16"),
    "nul": b"a: b\x00\n",
    "twice": b"a: 1\na: 2\n",
    "tabs": b"a:\n\tb: c\n",
    "tags": b"a: !!timestamp x\nb: !!int ''\nc: !!bool x\nd: !!float x\n",
    "date": b"a: 10000-99-99\nb: 2026-99-99\n",
}  # fmt: skip
QUICK = ("bomb", "chain", "brackets", "indented", "utf-16")


def files(name: str, text: bytes) -> Mapping[str, bytes]:
    """The files of a repository in which `text` is added to what one reader reads."""
    commented = b"".join(b"# " + line + b"\n" for line in text.splitlines())
    rule = b"# METADATA\n# title: a\n" + commented + b"package lib.hostile\n\nimport rego.v1\n"
    return {
        "config": {"promote.yaml": CONFIG.encode() + text},
        "holds": {"holds.yaml": text},
        "waivers": {"policies/data/waivers.yaml": text},
        "table": {"policies/data/table.yaml": text},
        "metadata": {"policies/lib/hostile.rego": rule},
        "kustomization": {OVERLAY: FILES[OVERLAY].encode() + text},
        "manifest": {"base/web.yaml": FILES["base/web.yaml"].encode() + text},
    }[name]


COMMANDS = {"holds": "plan staging production", "kustomization": "plan staging production"}
PLACES = ("config", "holds", "waivers", "table", "metadata", "kustomization", "manifest")
PAIRS = [
    pytest.param(place, text, marks=() if text == QUICK[number % len(QUICK)] else thorough)
    for number, place in enumerate(PLACES)
    for text in TEXTS
]


@pytest.mark.parametrize(("place", "text"), PAIRS)
def test_what_would_fill_the_memory_is_an_answer(hostile: Hostile, place: str, text: str) -> None:
    hostile.commit(files(place, TEXTS[text]))
    hostile.runs(*COMMANDS.get(place, "check").split())


RECORD = {"number": 1, "url": "local:1", "title": "t", "body": "", "head": "hostile", "base": "main",
          "head_commit": "0" * 40, "state": "open"}  # fmt: skip
RECORDS: dict[str, Mapping[str, bytes]] = {
    "not JSON": {"1.json": b"{"},
    "a list": {"1.json": b"[]"},
    "deep": {"1.json": b"[" * 100_000},
    "other keys": {"1.json": json.dumps(RECORD | {"more": 1}).encode()},
    "other types": {"1.json": json.dumps(RECORD | {"title": 1}).encode()},
    "another number": {"2.json": json.dumps(RECORD).encode()},
    "another name": {"x": json.dumps(RECORD).encode()},
    "a number of many digits": {"1.json": b'{"number": ' + b"9" * 100_000 + b"}"},
    "an option": {"1.json": json.dumps(RECORD | {"head": "--upload-pack=x"}).encode()},
    "a branch into itself": {"1.json": json.dumps(RECORD | {"head": "main", "base": "main"}).encode()},
    "half a character": {"1.json": json.dumps(RECORD).replace('"t"', '"\\ud800\\u202e"').encode()},
}


@pytest.mark.parametrize(
    "name", [pytest.param(one, marks=() if one in ("deep", "a list") else thorough) for one in RECORDS]
)
def test_a_record_that_is_none(hostile: Hostile, name: str) -> None:
    hostile.record(RECORDS[name])
    outcome = hostile.runs("merge", "1")
    # A title may be anything; that pull request has no branch.
    assert outcome.code == (4 if name == "half a character" else 2)
    assert "refs/promote/pulls" in outcome.err or "branch" in outcome.err


GATES = CONFIG.replace("{path: overlays/production}", "{path: overlays/production, gates: {soak: LENGTH}}")


def test_a_soak_of_more_than_the_calendar_has(hostile: Hostile) -> None:
    hostile.commit({"promote.yaml": GATES.replace("LENGTH", " ".join(["9999w"] * 60))})
    hostile.runs("plan", "staging", "production", code=2, says=["promote.yaml:3:", "longer than 1000 years"])


DATES: dict[str, bytes] = {
    "the year 10000": b"253402300800 +0000",
    "the end of the calendar": b"253402300799 -1200",
    "the end of time": b"9223372036854775807 +0000",
    "a zone of 99 hours": b"1700000000 +9959",
    "a zone behind": b"0 -9999",
}


@pytest.mark.parametrize("name", [pytest.param(one, marks=() if "10000" in one else thorough) for one in DATES])
@pytest.mark.parametrize("command", ["plan staging production", pytest.param("history staging", marks=thorough)])
def test_a_commit_of_another_age(hostile: Hostile, name: str, command: str) -> None:
    hostile.write(
        {"promote.yaml": GATES.replace("LENGTH", "1h"), OVERLAY: FILES[OVERLAY].replace('"1.0"', '"1.1"', 1)}
    )
    hostile.git("add", "--all")
    tree, parent = hostile.git("write-tree"), hostile.git("rev-parse", "HEAD")
    who = b" A <a@b.c> " + DATES[name] + b"\n"
    body = f"tree {tree}\nparent {parent}\n".encode() + b"author" + who + b"committer" + who + b"encoding x\n\n\xff\n"
    commit = hostile.git("hash-object", "-w", "-t", "commit", "--literally", "--stdin", stdin=body)
    hostile.git("push", "--quiet", "origin", f"{commit}:refs/heads/main")
    hostile.git("reset", "--quiet", "--hard", commit)
    hostile.runs(*command.split())


@pytest.mark.quick
def test_a_full_disk(hostile: Hostile, monkeypatch: pytest.MonkeyPatch) -> None:
    note = "x" * 9000
    hostile.write(
        {
            "base/web.yaml": FILES["base/web.yaml"].replace(
                "{name: web}", f"{{name: web, annotations: {{a: {note}}}}}", 1
            )
        }
    )
    limited = _wrapped(hostile, "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))")
    monkeypatch.setattr("sys.executable", limited)
    hostile.runs("check", code=2, says=["too large", "then run the command again"])


def _wrapped(hostile: Hostile, before: str) -> str:
    """A `promote` that runs `before` first; the path of what stands for Python next to it."""
    folder = hostile.folder / "wrapped"
    folder.mkdir()
    script = folder / "promote"
    script.write_text(f"#!{sys.executable}\n{before}\nfrom promote.__main__ import run\nrun()\n")
    script.chmod(0o755)
    return os.fspath(folder / "python")


KUBECONFIGS = {name: TEXTS[name] for name in ("bomb", "deep", "brackets")}


@pytest.mark.parametrize("name", [pytest.param(one, marks=() if one == "bomb" else thorough) for one in KUBECONFIGS])
def test_a_kubeconfig(hostile: Hostile, name: str) -> None:
    hostile.write({"kubeconfig": KUBECONFIGS[name]})
    outcome = hostile.runs("status", "staging", "--live", "--kubeconfig", "kubeconfig", code=(2, 6))
    assert "cannot be read or is not YAML" in outcome.err
