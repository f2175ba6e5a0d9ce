"""Trees, links and objects that no honest Git client makes: nothing outside is read or written, nothing is run."""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest

from tests.hostile.harness import Hostile
from tests.integration.tiny import FILES

KUSTOMIZATION = "overlays/production/kustomization.yaml"
COMMANDS = {
    "status": ("status",),
    "plan": ("plan", "staging", "production"),
    "diff": ("diff",),
    "check": ("check",),
    "bump": ("bump", "production", "shop/web=9.9"),
    "bump --commit": ("bump", "production", "shop/web=9.9", "--commit"),
    "promote": ("promote", "staging", "production"),
    "history": ("history", "production"),
    "verify": ("verify", "HEAD"),
}


def blob(hostile: Hostile, data: bytes) -> str:
    return hostile.git("hash-object", "-w", "--stdin", stdin=data)


def tree(hostile: Hostile, *entries: tuple[bytes, bytes, str]) -> str:
    """A tree with these entries, of mode, name and hash, which Git does not look at."""
    content = b"".join(mode + b" " + name + b"\0" + bytes.fromhex(sha) for mode, name, sha in entries)
    return hostile.git("hash-object", "-t", "tree", "--literally", "-w", "--stdin", stdin=content)


def entries(hostile: Hostile) -> list[tuple[bytes, bytes, str]]:
    """Those of the top tree of HEAD."""
    lines = [line.split("\t") for line in hostile.git("ls-tree", "-z", "HEAD").split("\0") if line]
    return [(head.split()[0].lstrip("0").encode(), os.fsencode(name), head.split()[2]) for head, name in lines]


def with_entries(hostile: Hostile, *more: tuple[bytes, bytes, str]) -> str:
    """The top tree of HEAD with more entries."""
    return tree(hostile, *entries(hostile), *more)


def replaced(hostile: Hostile, folder: str, sha: str) -> str:
    """The top tree of HEAD with another tree as `folder`."""
    return tree(
        hostile, *((mode, name, sha if name == folder.encode() else old) for mode, name, old in entries(hostile))
    )


def put(hostile: Hostile, top: str, checkout: bool = True) -> str:
    """Let main be a commit of the tree `top` at the origin, and here; no program of Git checks it out or asks."""
    commit = hostile.git("commit-tree", top, "-p", "HEAD", "-m", "a change")
    if checkout:
        hostile.git("update-ref", "refs/heads/main", commit)
    hostile.git("push", "--quiet", "--force", "origin", f"{commit}:main")
    return commit


def link(hostile: Hostile, name: str, target: str) -> None:
    path = hostile.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.symlink_to(target)


NAMES: Mapping[str, Callable[[Hostile], bytes]] = {
    "absolute": lambda hostile: os.fsencode(hostile.outside / "pwned"),
    "up": lambda _: b"../pwned",
    "up-and-up": lambda _: b"../../outside/secret.txt",
    "dots": lambda _: b"..",
    "git": lambda _: b".git",
    "git-in-capitals": lambda _: b".GIT",
    "git-for-hfs": lambda _: ".g\u200cit".encode(),
    "git-for-ntfs": lambda _: b"git~1",
}


def quick(one: str, every: Iterable[str]) -> list[Any]:
    """The values of `every` for a test; all but `one` are tried at night."""
    return [value if value == one else pytest.param(value, marks=pytest.mark.thorough) for value in every]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("command", quick("status", ["status", "plan", "diff"]))
def test_a_tree_entry_that_leads_out(hostile: Hostile, name: str, command: str) -> None:
    """`git hash-object --literally` makes it; before, `status` and `plan` wrote `/abs/path` and `../x`."""
    data = blob(hostile, b"written by a stranger\n")
    put(hostile, with_entries(hostile, (b"100644", NAMES[name](hostile), data)))
    hostile.runs(
        *COMMANDS[command], code=2, says=["the top folder: the entry ", "a commit with such a tree is malformed"]
    )


@pytest.mark.parametrize("command", quick("plan", COMMANDS))
def test_a_subtree_of_dots(hostile: Hostile, command: str) -> None:
    """The folder `base` has a folder `..`, which has a file."""
    inner = tree(hostile, (b"100644", b"pwned", blob(hostile, b"x")))
    base = tree(
        hostile,
        (b"40000", b"..", inner),
        *(
            (b"100644", name.encode(), hostile.git("rev-parse", f"HEAD:base/{name}"))
            for name in ("cart.yaml", "kustomization.yaml", "web.yaml")
        ),
    )
    commit = put(hostile, replaced(hostile, "base", base))
    arguments = [commit if one == "HEAD" else one for one in COMMANDS[command]]
    needs_base = command in ("plan", "diff", "bump --commit", "promote", "history", "verify")
    says = ["base: the entry '..' is not the name of a file"] if needs_base else []
    hostile.runs(*arguments, says=says)
    assert not (hostile.root / "pwned").exists()


@pytest.mark.quick
@pytest.mark.parametrize("command", quick("status", ["status", "plan"]))
def test_a_link_and_a_folder_of_one_name(hostile: Hostile, command: str) -> None:
    """What is written below the folder must not go where the link points."""
    target = blob(hostile, os.fsencode(hostile.outside))
    inner = tree(hostile, (b"100644", b"secret.txt", blob(hostile, b"x")))
    put(hostile, with_entries(hostile, (b"120000", b"zz", target), (b"40000", b"zz", inner)))
    hostile.runs(*COMMANDS[command], code=2, says=["the entry 'zz' is there twice"])


@pytest.mark.parametrize("command", quick("plan", COMMANDS))
def test_a_chain_of_links_to_a_file_outside(hostile: Hostile, command: str) -> None:
    """Each link by itself stays inside; before, `plan` rewrote the file that they lead to."""
    victim = hostile.folder / "victim"
    victim.write_text(FILES[KUSTOMIZATION])
    link(hostile, "a/b/c/up", "../../..")
    # From the checkout; in a private copy the same number of steps leads beside it.
    link(hostile, KUSTOMIZATION, "../../a/b/c/up/../victim")
    commit = hostile.commit()
    arguments = [commit if one == "HEAD" else one for one in COMMANDS[command]]
    hostile.runs(*arguments, code=(2, 3), says=[f"{KUSTOMIZATION}: this link leads out"] if command == "plan" else [])
    assert victim.read_text() == FILES[KUSTOMIZATION]


@pytest.mark.parametrize("command", quick("bump", COMMANDS))
@pytest.mark.parametrize("where", ["file", "folder", "base", "policies", "table", "rules", "settings", "holds"])
def test_a_link_to_the_outside(hostile: Hostile, command: str, where: str) -> None:
    """Nothing of the file that it leads to is read, printed or changed."""
    outside = os.path.relpath(hostile.outside, hostile.root)
    if where == "file":
        link(hostile, KUSTOMIZATION, f"../../{outside}/secret.txt")
    elif where == "folder":
        hostile.git("rm", "-r", "--quiet", "overlays/production")
        link(hostile, "overlays/production", f"../{outside}")
    elif where == "base":
        hostile.git("rm", "-r", "--quiet", "base")
        link(hostile, "base", outside)
    elif where == "policies":
        hostile.git("rm", "-r", "--quiet", "policies")
        link(hostile, "policies", outside)
    else:
        names = {"table": "policies/data/h.yaml", "rules": "policies/main.rego", "settings": "promote.yaml"}
        name = names.get(where, "holds.yaml")
        link(hostile, name, f"{'../' * name.count('/')}{outside}/secret.txt")
    commit = hostile.commit()
    arguments = [commit if one == "HEAD" else one for one in COMMANDS[command]]
    # Only a kustomization that is not needed, and holds that nobody asks for, may stay unread.
    outcome = hostile.runs(*arguments)
    if where in ("table", "rules") and command in ("plan", "check", "bump", "bump --commit", "promote"):
        assert "this link leads out of the repository" in outcome.err, outcome


def test_a_merge_of_links_and_entries_that_lead_out(hostile: Hostile) -> None:
    link(hostile, "a/b/c/up", "../../..")
    link(hostile, KUSTOMIZATION, "../../a/b/c/up/../outside/secret.txt")
    hostile.runs("merge", str(hostile.pull()), code=2, says=["this link leads out of the repository"])


def test_a_merge_of_a_subtree_of_dots(hostile: Hostile) -> None:
    inner = tree(hostile, (b"100644", b"pwned", blob(hostile, b"x")))
    top = with_entries(hostile, (b"40000", b"..", inner))
    commit = hostile.git("commit-tree", top, "-p", "HEAD", "-m", "a change")
    hostile.runs("merge", str(hostile.pull(commit=commit)), code=2)


@pytest.mark.parametrize("command", ["bump", "bump --commit"])
def test_an_edit_goes_through_no_link(hostile: Hostile, command: str) -> None:
    """A link that stays inside may be read, but promote edits plain files."""
    hostile.git("mv", "overlays/production", "overlays/real")
    link(hostile, "overlays/production", "real")
    hostile.commit()
    before = (hostile.root / "overlays/real/kustomization.yaml").read_bytes()
    hostile.runs("status", code=0)
    hostile.runs(*COMMANDS["plan"], code=0)
    hostile.runs(*COMMANDS[command], code=2, says=["promote edits plain files only"])
    assert (hostile.root / "overlays/real/kustomization.yaml").read_bytes() == before


def test_links_that_stay_inside_work(hostile: Hostile) -> None:
    hostile.git("mv", "base", "shared")
    link(hostile, "base", "linked/there")
    link(hostile, "linked/there", "../shared")
    link(hostile, "unrelated/out", "/etc/passwd")
    link(hostile, "unrelated/round", "round")
    hostile.commit()
    for command in ("status", "plan", "diff", "bump", "check", "promote"):
        hostile.runs(*COMMANDS[command], code=(0, 1) if command == "diff" else 0)


def test_submodules_are_not_fetched(hostile: Hostile) -> None:
    hostile.write({".gitmodules": f'[submodule "m"]\n\tpath = m\n\turl = {hostile.watcher.url}\n'})
    hostile.git("update-index", "--add", "--cacheinfo", f"160000,{hostile.git('rev-parse', 'HEAD')},base/m")
    (hostile.root / "base/m").mkdir()
    hostile.git("add", ".gitmodules")
    hostile.git("commit", "--quiet", "-m", "a submodule")
    hostile.git("push", "--quiet", "origin", "HEAD:main")
    for command in ("status", "plan", "bump", "promote"):
        hostile.runs(*COMMANDS[command], code=0)
    hostile.write({"base/kustomization.yaml": "resources: [web.yaml, cart.yaml, m]\n"})
    hostile.git("commit", "--quiet", "-m", "needs it", "base/kustomization.yaml")
    hostile.git("push", "--quiet", "origin", "HEAD:main")
    hostile.runs("bump", "production", "shop/web=9.9", "--commit", code=2)


def test_attributes_start_no_filter(hostile: Hostile) -> None:
    """Neither a smudge filter nor one for diffs, although somebody has configured them."""
    touch = f"touch {hostile.marker}; cat"
    for name in ("filter.evil.smudge", "filter.evil.clean", "filter.evil.process", "diff.evil.textconv"):
        hostile.git("config", name, touch)
    files = {".gitattributes": "* filter=evil diff=evil ident working-tree-encoding=UTF-16 text eol=crlf\n"}
    hostile.git("-c", "filter.evil.clean=cat", "-c", "filter.evil.process=", "add", "--all")
    tree_hash = with_entries(hostile, (b"100644", b".gitattributes", blob(hostile, files[".gitattributes"].encode())))
    put(hostile, tree_hash)
    for command in ("plan", "promote", "bump --commit"):
        hostile.runs(*COMMANDS[command], code=0)


def test_replacements_and_grafts_change_nothing(hostile: Hostile) -> None:
    """What is judged is the commit that is pushed, not what this clone shows in its place."""
    good = hostile.git("rev-parse", "HEAD")
    hostile.write({"base/web.yaml": "not: an object\n"})
    bad = hostile.commit(push=False)
    hostile.git("reset", "--quiet", "--hard", good)
    hostile.git("replace", good, bad)
    hostile.git("replace", f"{good}:base/web.yaml", f"{bad}:base/web.yaml")
    (hostile.root / ".git/info").mkdir(exist_ok=True)
    (hostile.root / ".git/info/grafts").write_text(f"{good} {bad}\n")
    hostile.runs(*COMMANDS["plan"], code=0)
    outcome = hostile.runs("history", "production", code=0)
    assert bad[:8] not in outcome.out
    hostile.runs(*COMMANDS["promote"], code=0)


def test_alternates_that_are_gone(hostile: Hostile) -> None:
    (hostile.root / ".git/objects/info").mkdir(exist_ok=True)
    (hostile.root / ".git/objects/info/alternates").write_text(
        f"{hostile.outside}\n/nowhere\n{hostile.watcher.url}\n"
    )
    hostile.runs(*COMMANDS["plan"], code=0)


@pytest.mark.parametrize("name", ["base/web.yaml", KUSTOMIZATION, "promote.yaml"])
@pytest.mark.parametrize("command", quick("plan", ["plan", "check"]))
def test_a_pointer_of_git_lfs_in_place_of_yaml(hostile: Hostile, name: str, command: str) -> None:
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 12345\n"
    hostile.commit({name: pointer})
    hostile.runs(*COMMANDS[command], code=2, says=[name, *(["a pointer of Git LFS"] if "/" in name else [])])


def large(hostile: Hostile, size: int) -> str:
    """A loose blob of zeros, written without Git, which would need as much memory."""
    head = f"blob {size}\0".encode()
    packer, digest, parts = zlib.compressobj(1), hashlib.sha1(head, usedforsecurity=False), []
    parts.append(packer.compress(head))
    zeros = bytes(1 << 20)
    for _ in range(size >> 20):
        digest.update(zeros)
        parts.append(packer.compress(zeros))
    name = digest.hexdigest()
    file = hostile.root / ".git/objects" / name[:2] / name[2:]
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(b"".join([*parts, packer.flush()]))
    return name


@pytest.mark.parametrize(
    "name", quick("base/web.yaml", ["base/web.yaml", KUSTOMIZATION, "promote.yaml", "policies/data/big.json"])
)
@pytest.mark.parametrize("size", [64 << 20, pytest.param(1 << 30, marks=pytest.mark.thorough)])
def test_a_blob_of_zeros(hostile: Hostile, size: int, name: str) -> None:
    """A few kilobytes of a pack become gigabytes: the size is asked before anything is read."""
    hostile.git("update-index", "--add", "--cacheinfo", f"100644,{large(hostile, size)},{name}")
    hostile.git("commit", "--quiet", "-m", "large")
    hostile.git("remote", "remove", "origin")
    hostile.runs(*COMMANDS["plan"], code=2, says=[f"{name}: the file has more than 32 MiB"])


def test_a_large_blob_that_nobody_needs(hostile: Hostile) -> None:
    hostile.git("update-index", "--add", "--cacheinfo", f"100644,{large(hostile, 64 << 20)},base/movie")
    hostile.git("commit", "--quiet", "-m", "large")
    hostile.git("remote", "remove", "origin")
    hostile.runs(*COMMANDS["plan"], code=0)


def test_a_tree_of_trees_that_never_ends(hostile: Hostile) -> None:
    """Ten levels of ten names for one tree: ten billion files, of which none is needed."""
    inner = tree(hostile, (b"100644", b"f", blob(hostile, b"x")))
    for _ in range(10):
        inner = tree(hostile, *((b"40000", f"d{n}".encode(), inner) for n in range(10)))
    top = with_entries(hostile, (b"40000", b"zz", inner))
    commit = put(hostile, top, checkout=False)
    for command in ("status", "plan", "promote", "bump --commit"):
        hostile.runs(*COMMANDS[command], code=0)
    hostile.runs("verify", commit, code=2, says=["the commits differ in more than 100,000 files"])


def test_a_pull_request_with_a_tree_that_never_ends(hostile: Hostile) -> None:
    inner = tree(hostile, (b"100644", b"f", blob(hostile, b"x")))
    for _ in range(10):
        inner = tree(hostile, *((b"40000", f"d{n}".encode(), inner) for n in range(10)))
    top = with_entries(hostile, (b"40000", b"zz", inner))
    commit = hostile.git("commit-tree", top, "-p", "HEAD", "-m", "a change")
    hostile.runs("merge", str(hostile.pull(commit=commit)))


def test_names_that_collide_or_have_odd_encodings(hostile: Hostile) -> None:
    data = blob(hostile, b"x")
    names = (
        b"zA",
        b"za",
        "z\u00e4".encode(),
        "za\u0308".encode(),
        b"z\xe9",
        b"z\x1b[2J",
        b"z\n",
        b"z\\..\\x",
        b"z" * 255,
    )
    put(hostile, with_entries(hostile, *((b"100644", name, data) for name in sorted(names))))
    for command in ("status", "plan", "promote", "bump --commit"):
        hostile.runs(*COMMANDS[command], code=0)
    # In doubt everything is written, except names that would draw on a terminal.
    base = blob(hostile, b"resources: [web.yaml, cart.yaml]\nunknown: x\n")
    folder = hostile.git("ls-tree", "HEAD:base").replace(
        hostile.git("rev-parse", "HEAD:base/kustomization.yaml"), base
    )
    put(hostile, replaced(hostile, "base", hostile.git("mktree", stdin=f"{folder}\n".encode())))
    hostile.runs(*COMMANDS["plan"], code=2, says=["base/kustomization.yaml:2: unknown field 'unknown'"])
