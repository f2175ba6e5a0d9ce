"""Histories that are read in one pass and remembered are those that reading commit by commit gives."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from promote.errors import ConfigError, UsageError
from promote.git.repository import Repository
from promote.kustomize.files import FILE_NAMES
from promote.model import Image, Revision
from promote.repository.environments import Environment
from promote.repository.history import Recorded, revisions
from promote.repository.past import Past
from promote.versions.images import read_images
from promote.versions.templates import Reader

ENVIRONMENTS = [Environment(name, f"overlays/{name}") for name in ("a", "b", "c", "d", "e")]
CONTENTS = (
    'images:\n- name: x\n  newTag: "{}"\n- name: web\n  newTag: "1"\n',
    "images:\n- name: x\n  newTag: v1.{}.0\n",
    "images:\n- {{name: x, newTag: '{}'}}\n",
    'images:\n- name: x\n  newTag: "1"\n  digest: sha256:{:064d}\n',
    'images:\n- name: x\n  newTag: "\\x31"\n  digest: sha256:{:064d}\n',
    "namespace: e-1\nimages:\n- name: x\n  newTag: v1.2.0\n  digest: sha256:{:064d}\n",
    "images: nonsense {}\n",
    "resources: []  # {}\n",
)
# Which file of which environment gets which content, None for a deleted file; and where history goes back to.
FILES = st.tuples(
    st.sampled_from([one.path for one in ENVIRONMENTS]),
    st.sampled_from(FILE_NAMES),
    st.one_of(st.none(), st.tuples(st.sampled_from(CONTENTS), st.integers(1, 3))),
)
COMMITS = st.lists(st.lists(FILES, max_size=3), min_size=1, max_size=5)


class Clone:
    """A repository that is written by fast-import, and read by it or commit by commit."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        subprocess.run(["git", "init", "-q", "-b", "main", str(folder)], check=True)
        self.repository = Repository(folder)
        self.count = 0

    def git(self, *arguments: str, stdin: bytes = b"") -> bytes:
        return subprocess.run(
            ["git", "-C", str(self.folder), *arguments], input=stdin, capture_output=True, check=True
        ).stdout

    def commit(self, commits: list[list[tuple[str, str, tuple[str, int] | None]]], start: str = "") -> str:
        """New commits on `start`, or without parent; returns the newest."""
        stream = []
        for number, files in enumerate(commits):
            self.count += 1
            author = f"committer J\u00f6rg <j@example.invalid> {1_700_000_000 + self.count} +0100"
            stream.append(f"commit refs/heads/main\n{author}\ndata 2\n{self.count % 10}\n")
            if number == 0 and start:
                stream.append(f"from {start}\n")
            elif number == 0:
                stream.insert(0, "reset refs/heads/main\n\n")
            for folder, name, content in files:
                if content is None:
                    stream.append(f"D {folder}/{name}\n")
                else:
                    text = content[0].format(content[1])
                    stream.append(f"M 100644 inline {folder}/{name}\ndata {len(text)}\n{text}\n")
        self.git("fast-import", "--quiet", "--force", stdin="".join(stream).encode())
        return self.git("rev-parse", "main").decode().strip()

    def one_by_one(self, tip: str, environment: Environment) -> list[Revision]:
        """The revisions, by looking at every commit."""
        commits = self.git("rev-list", "--first-parent", "--reverse", tip).decode().split()
        return revisions(self._recorded(commits, environment))

    def digests(self, tip: str, tag: str = "1") -> dict[str, set[str]]:
        """The digests of the image x with a tag, by looking at every commit."""
        every = [one for each in ENVIRONMENTS for one in self.one_by_one(tip, each)]
        images = [image for one in every for image in one.images if (image.name, image.version.tag) == ("x", tag)]
        return {"x": {image.version.digest for image in images if image.version.digest}}

    def _recorded(self, commits: list[str], environment: Environment) -> Iterator[Recorded]:
        before: object = None
        for commit in commits:
            listing = self.git("ls-tree", "-r", commit, f"{environment.path}/").decode().splitlines()
            if listing == before:
                continue
            before = listing
            blobs = {line.split("\t")[1].rpartition("/")[2]: line.split()[2] for line in listing}
            blob = next((blobs[name] for name in FILE_NAMES if name in blobs), None)
            sha, when, author, subject = (
                self.git("show", "-s", "--format=%H%n%cI%n%an%n%s", commit).decode().splitlines()
            )
            images = _images(self.git("cat-file", "blob", blob) if blob else b"{}")
            when = when.replace("Z", "+00:00")  # as newer versions of Git write UTC
            yield Recorded(sha, when, author, subject, images)


def _images(data: bytes) -> tuple[Image, ...]:
    try:
        return read_images(data, "kustomization.yaml")
    except ConfigError:
        return ()


@pytest.fixture
def clone(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Clone]:
    """Makes a clone with a cache of its own."""

    def make() -> Clone:
        folder = tmp_path_factory.mktemp("clone")
        monkeypatch.setenv("PROMOTE_CACHE", str(folder / "cache"))
        return Clone(folder / "git")

    return make


@pytest.mark.slow
@settings(max_examples=2, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(COMMITS, COMMITS, COMMITS, st.integers(0, 7))
def test_what_is_remembered_is_what_is_read(
    clone: Callable[[], Clone], first: list[object], more: list[object], other: list[object], back: int
) -> None:
    """Also after the branch moved on, was rewritten, and came back."""
    here = clone()
    old = here.commit(first)  # type: ignore[arg-type]
    new = here.commit(more, old)  # type: ignore[arg-type]
    line = here.git("rev-list", "--first-parent", old).decode().split()
    rewritten = here.commit(other, line[min(back, len(line) - 1)])  # type: ignore[arg-type]
    for tip in (old, new, rewritten, new, old):
        read = Past(here.repository, ENVIRONMENTS, tip)
        for environment in ENVIRONMENTS[:2] if tip == old else ENVIRONMENTS:
            assert read[environment.name] == here.one_by_one(tip, environment)
        for tag in ("1", "v1.2.0"):
            assert Past(here.repository, ENVIRONMENTS, tip).digests({"x": tag}) == here.digests(tip, tag)
    assert dict(Past(here.repository, ENVIRONMENTS, new).items()) == {
        one.name: here.one_by_one(new, one) for one in ENVIRONMENTS
    }


def test_the_digests_of_a_tag_are_found_in_every_notation(clone: Callable[[], Clone]) -> None:
    """Also where the tag is not the one of now, after new commits, and after the branch was rewritten."""
    here = clone()
    tag, escaped = CONTENTS[3], CONTENTS[4]
    first = here.commit([[("overlays/a", FILE_NAMES[0], (tag, 1))], [("overlays/b", FILE_NAMES[0], (escaped, 2))]])
    second = here.commit([[("overlays/a", FILE_NAMES[0], (CONTENTS[1], 1))]], first)
    third = here.commit([[("overlays/a", FILE_NAMES[0], (tag, 3)), ("overlays/b", FILE_NAMES[0], None)]], second)
    other = here.commit([[("overlays/c", FILE_NAMES[1], (tag, 4))]], first)
    ran = {first: (1, 2), second: (1, 2), third: (1, 2, 3), other: (1, 2, 4)}
    for tip in (first, second, third, other, third):
        found = Past(here.repository, ENVIRONMENTS, tip).digests({"x": "1"})
        assert found == here.digests(tip) == {"x": {digest(number) for number in ran[tip]}}


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[tuple[set[str], str]]:
    """What was read of histories: the folders that were asked for, and the commit after which it began."""
    seen: list[tuple[set[str], str]] = []
    steps = Repository.steps

    def watched(self: Repository, tip: str, paths: list[str], since: str = "") -> object:
        seen.append(({path.split("/")[1] for path in paths}, since))
        return steps(self, tip, paths, since)

    monkeypatch.setattr(Repository, "steps", watched)
    return seen


def digest(number: int) -> str:
    return f"sha256:{number:064d}"


def two_tags(here: Clone) -> tuple[str, str]:
    """Two commits: `a` runs tag 1 and then v1.2.0, which `b` runs from the start."""
    first = here.commit(
        [[("overlays/a", FILE_NAMES[0], (CONTENTS[3], 1)), ("overlays/b", FILE_NAMES[0], (CONTENTS[5], 2))]]
    )
    return first, here.commit([[("overlays/a", FILE_NAMES[0], (CONTENTS[5], 3))]], first)


def test_one_pass_over_the_history_finds_all_tags_of_all_images(
    clone: Callable[[], Clone], reads: list[tuple[set[str], str]]
) -> None:
    here = clone()
    first, second = two_tags(here)
    past = Past(here.repository, ENVIRONMENTS, first)
    past.expect_digests()
    assert past["a"][0].images[0].version.digest == digest(1)
    assert past.digests({"x": "1"}) == {"x": {digest(1)}}
    assert Past(here.repository, ENVIRONMENTS, first).digests({"x": "v1.2.0"}) == {"x": {digest(2)}}
    assert Past(here.repository, ENVIRONMENTS, first).digests({"y": "1"}) == {"y": set()}
    assert Past(here.repository, ENVIRONMENTS, second).digests({"x": "v1.2.0"}) == {"x": {digest(2), digest(3)}}
    assert [since for _, since in reads] == ["", first]


def test_a_part_of_the_index_that_was_lost_is_read_again(
    clone: Callable[[], Clone], reads: list[tuple[set[str], str]]
) -> None:
    here = clone()
    _, second = two_tags(here)
    past = Past(here.repository, ENVIRONMENTS, second)
    assert past.digests({"x": "1"}) == {"x": {digest(1)}}
    kept = [(file, file.read_bytes()) for file in (here.folder.parent / "cache" / "history").iterdir()]
    parts = [file for file, data in kept if digest(1).encode() in data and b'"tip"' not in data]
    assert parts
    for file in parts:
        file.unlink()
    assert Past(here.repository, ENVIRONMENTS, second).digests({"x": "1"}) == {"x": {digest(1)}}
    assert [since for _, since in reads] == ["", ""]


def test_a_merge_counts_as_one_commit_of_the_line(clone: Callable[[], Clone]) -> None:
    """A commit that came by a merge, and was the tip once, is not on the line of first parents."""
    here = clone()
    change = [("overlays/a", FILE_NAMES[0], (CONTENTS[0], number)) for number in (1, 2, 3)]
    start = here.commit([[change[0]]])
    side = here.commit([[change[1]]], start)
    main = here.commit([[("README", "md", ("{}", 1))]], start)
    merge = here.repository.commit_tree(here.repository.tree(side), [main, side], "merge")
    (environment, *_) = ENVIRONMENTS
    for tip in (side, merge):
        assert Past(here.repository, [environment], tip)["a"] == here.one_by_one(tip, environment)
    assert [one.commit for one in Past(here.repository, [environment], merge)["a"]] == [start, merge]


def test_only_new_commits_of_the_environments_in_question_are_read(
    clone: Callable[[], Clone], reads: list[tuple[set[str], str]]
) -> None:
    here = clone()
    old = here.commit([[("overlays/a", FILE_NAMES[0], (CONTENTS[0], 1))]])
    new = here.commit([[("overlays/a", FILE_NAMES[0], (CONTENTS[0], 2))]], old)
    for tip in (old, old, new, new):
        read = Past(here.repository, ENVIRONMENTS, tip)
        assert list(read) == [one.name for one in ENVIRONMENTS]
        assert "a" in read
        assert len(read["a"]) == (1 if tip == old else 2)
    assert reads == [({"a"}, ""), ({"a"}, old)]


def test_a_replaced_commit_changes_no_history(clone: Callable[[], Clone]) -> None:
    here = clone()
    first = here.commit([[("overlays/a", FILE_NAMES[0], (CONTENTS[0], 1))]])
    other = here.commit([[("overlays/a", FILE_NAMES[0], (CONTENTS[0], 2))]])
    expected = Past(here.repository, ENVIRONMENTS, first)["a"]
    here.git("replace", first, other)
    assert Past(here.repository, ENVIRONMENTS, first)["a"] == expected
    assert expected[0].images[0].version.tag == "1"


def test_a_shallow_clone_has_no_history(clone: Callable[[], Clone], tmp_path: Path) -> None:
    here = clone()
    tip = here.commit([[("overlays/a", FILE_NAMES[0], (CONTENTS[0], number))] for number in (1, 2)])
    assert len(Past(here.repository, ENVIRONMENTS, tip)["a"]) == 2
    subprocess.run(
        ["git", "clone", "-q", "--no-checkout", "--depth", "1", here.folder.as_uri(), str(tmp_path / "cut")],
        check=True,
    )
    with pytest.raises(UsageError, match="shallow"):
        Past(Repository(tmp_path / "cut"), ENVIRONMENTS, tip)


ITEM = st.fixed_dictionaries(
    {"name": st.sampled_from(("x", "web", "registry.example/z:1"))},
    optional={
        "newName": st.sampled_from(("other", "other:3", "other@sha256:" + "a" * 64)),
        "newTag": st.sampled_from(
            ('"1"', "1", "1.2.3", "v1.2.3", "v0.0.0", "v1.0.0", '"v1.0.0"', "'v1.0.0'", '"2" # 2', "&t v1.0.0", "*t",
             "", '"v1.0.0@sha256:1"', f"sha256:{0:064x}")
        ),
        "digest": st.sampled_from(
            (f"sha256:{0:064x}", f'"sha256:{1:064x}"', "sha256:" + "b" * 64, '"sha256:1"', "null",
             '"sha256:' + "a" * 64)
        ),
    },
)  # fmt: skip
OTHERS = (
    "",
    "namespace: e1\n",
    "namePrefix: promote-place-2\n",
    "nameSuffix: -x\nnamespace: a-b\n",
    "- name: 'y\nnamespace: e2\n  '\n",
    "resources: [v1.0.0]\n",
    "x: |\n  newTag: v1.0.0\n",
    "x:\n  newTag: v2.0.0\n",
    '---\nnewTag: "1"\n',
)


def _file(items: list[dict[str, str]], others: list[str]) -> bytes:
    lines = ["- " + "\n  ".join(f"{key}: {value}" for key, value in item.items()) for item in items]
    return ("images:\n" + "".join(f"{line}\n" for line in lines) + "".join(others)).encode()


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.lists(ITEM, max_size=3), st.sampled_from(("", "a"))), min_size=1, max_size=6),
    st.lists(st.sampled_from(OTHERS), max_size=2),
)
def test_a_template_reads_what_a_parser_reads(
    files: list[tuple[list[dict[str, str]], str]], others: list[str]
) -> None:
    """Whatever came before, and whatever else is in the files."""
    reader = Reader()
    for items, about in files:
        data = _file(items, others)
        assert reader.read(data, about) == _images(data), data


# What the line of a version may become, mostly something that a template has a place for.
LINES = ('newTag: "1"', 'newTag: "2"', "newTag: v1.0.0", "newTag: v1.2.3", "newTag: 3", "digest: sha256:" + "b" * 64,
         f"digest: sha256:{1:064x}", f'digest: "sha256:{0:064x}"', "namespace: e1", "namespace: e-2", "# nothing",
         "newName: other", "x: 1\n  newTag: v0.0.0", "newTag: |\n  newTag: v0.0.0")  # fmt: skip


@settings(max_examples=60)
@given(
    st.lists(st.sampled_from(LINES[:10]), min_size=1, max_size=5),
    st.lists(st.tuples(st.integers(0, 4), st.sampled_from(LINES)), min_size=1, max_size=8),
    st.sampled_from(OTHERS),
)
def test_a_changed_line_reads_what_a_parser_reads(start: list[str], moves: list[tuple[int, str]], more: str) -> None:
    """Of a file that has most lines of the one before, or none, or that one could not be read."""
    reader, known, lines = Reader(), set[Image](), list(start)
    for number, line in [(0, start[0]), *moves]:
        lines[number % len(lines)] = line
        items = "".join(f"- name: x{place}\n  {each}\n" for place, each in enumerate(lines))
        content = f"{more}images:\n{items}".encode()
        expected = _images(content)
        assert reader.read(content) == expected, content
        known |= set(expected)
    assert set(reader.seen) == known


def test_files_that_differ_in_versions_are_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from promote.versions import templates

    parsed: list[bytes] = []

    def watched(data: bytes, source: str) -> tuple[Image, ...]:
        parsed.append(data)
        return read_images(data, source)

    monkeypatch.setattr(templates, "read_images", watched)
    reader = Reader()
    digest = "  digest: sha256:{:064x}\n"
    for number in range(1, 20):
        data = f'namespace: e{number}\nimages:\n- name: x\n  newTag: "{number}"\n{digest.format(number)}'.encode()
        (image,) = reader.read(data)
        assert (image.version.tag, image.version.digest) == (str(number), f"sha256:{number:064x}")
    assert len(parsed) == 1


def test_history_is_read_the_same_without_a_cache(
    clone: Callable[[], Clone], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = clone()
    tip = here.commit([[("overlays/a", FILE_NAMES[0], (CONTENTS[0], number))] for number in (1, 2)])
    expected = Past(here.repository, ENVIRONMENTS, tip)["a"]
    monkeypatch.setattr(Reader, "read", lambda *_: (Image("wrong", "wrong", expected[0].images[0].version),))
    assert Past(here.repository, ENVIRONMENTS, tip)["a"] == expected, "it is remembered"
    monkeypatch.setenv("PROMOTE_NO_CACHE", "1")
    assert Past(here.repository, ENVIRONMENTS, tip)["a"][0].images[0].name == "wrong", "it is read again"
