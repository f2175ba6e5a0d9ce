"""The local forge, spoken to directly: what every forge promises, kept by refs alone."""

from __future__ import annotations

import json
import re
import resource
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import pytest

from promote.errors import ConfigError, RaceLost, UsageError
from promote.forge.local import REF, Local
from promote.forge.protocol import OWN, Forge
from promote.git.repository import Repository
from tests.integration.sandbox import REPOSITORY, Clone, Sandbox

pytestmark = pytest.mark.quick


@pytest.fixture(autouse=True)
def _git_as_in_the_sandbox(surroundings: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in surroundings.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def forge(tiny: Sandbox) -> Iterator[Forge]:
    push_branch(tiny, "topic")
    yield Local(Repository(tiny.root), "origin")
    assert tiny.git("for-each-ref", "--format=%(refname)", "refs/promote") == ""


def push_branch(clone: Clone, name: str) -> str:
    """A branch on the origin with one new file; returns its tip."""
    clone.git("checkout", "--quiet", "-B", name, "main")
    clone.write(f"{name}.txt", name)
    tip = clone.commit(name)
    clone.git("push", "--quiet", "--force", "origin", name)  # it may be there, merged
    clone.git("checkout", "--quiet", "main")
    return tip


@pytest.mark.slow
def test_a_pull_request_gets_the_next_number(tiny: Sandbox, forge: Forge) -> None:
    other = push_branch(tiny, "other")
    first, second = forge.open("topic", "main", "one", "text"), forge.open("other", "main", "two", "")
    assert (first.number, second.number) == (1, 2)
    assert (second.head, second.base, second.head_commit, second.state) == ("other", "main", other, "open")
    assert forge.list_open("main") == (first, second)
    assert forge.list_open("trunk") == ()
    assert forge.get(2) == second


@pytest.mark.slow
def test_a_branch_has_one_open_pull_request(tiny: Sandbox, forge: Forge) -> None:
    first = forge.open("topic", "main", "one", "text")
    assert forge.open("topic", "main", "another", "") == first
    assert forge.find_open("topic", "main") == first
    assert forge.find_open("topic", "trunk") is None
    forge.merge(1, first.head_commit, tiny.tip(), "merge")
    assert forge.find_open("topic", "main") is None
    push_branch(tiny, "topic")
    assert forge.open("topic", "main", "again", "").number == 2


@pytest.mark.slow
def test_title_and_body_can_be_replaced(tiny: Sandbox, forge: Forge) -> None:
    forge.open("topic", "main", "one", "text")
    made = forge.update(1, 'a "new" title → ü', "a\nbody\n")
    assert (made.title, made.body) == ('a "new" title → ü', "a\nbody\n")
    records = tiny.at_origin("rev-parse", REF)
    forge.update(1, made.title, made.body)
    assert tiny.at_origin("rev-parse", REF) == records


@pytest.mark.slow
def test_the_branch_itself_says_where_it_is(tiny: Sandbox, forge: Forge) -> None:
    before = forge.open("topic", "main", "one", "").head_commit
    tiny.git("checkout", "--quiet", "topic")
    tiny.write("more.txt", "more")
    after = tiny.commit()
    tiny.git("push", "--quiet", "origin", "topic")
    assert forge.get(1).head_commit == after != before
    with pytest.raises(RaceLost, match="has moved since it was checked"):
        forge.merge(1, before, tiny.tip(), "merge")


@pytest.mark.slow
def test_a_merge_on_a_base_that_moved_does_nothing(tiny: Sandbox, forge: Forge) -> None:
    pull, checked = forge.open("topic", "main", "one", ""), tiny.tip()
    tiny.write("meanwhile.txt", "pushed after the check")
    tip = tiny.publish()
    with pytest.raises(RaceLost):
        forge.merge(1, pull.head_commit, checked, "squash")
    assert (tiny.tip(), forge.get(1).state, "topic" in tiny.branches()) == (tip, "open", True)


@pytest.mark.slow
def test_what_was_merged_keeps_its_last_commit(tiny: Sandbox, forge: Forge) -> None:
    pull = forge.open("topic", "main", "one", "")
    merged = forge.merge(1, pull.head_commit, tiny.tip(), "merge")
    assert merged == tiny.tip()
    push_branch(tiny, "topic")
    assert (forge.get(1).state, forge.get(1).head_commit) == ("merged", pull.head_commit)
    with pytest.raises(RaceLost, match="already merged"):
        forge.merge(1, pull.head_commit, tiny.tip(), "merge")


@pytest.mark.slow
@pytest.mark.parametrize(("head", "is_left"), [("production", True), ("promote/a-to-b", False), ("promoted", True)])
def test_only_a_branch_of_promote_is_deleted(tiny: Sandbox, forge: Forge, head: str, is_left: bool) -> None:
    """Who may write records may name the branch of an environment as what is to be merged."""
    push_branch(tiny, head)
    pull = forge.open(head, "main", "one", "")
    forge.merge(1, pull.head_commit, tiny.tip(), "merge")
    assert (forge.get(1).state, head in tiny.branches()) == ("merged", is_left)


def test_each_command_that_opens_pull_requests_has_its_branches() -> None:
    sources = [path.read_text() for path in (REPOSITORY / "promote").glob("*/*.py")]
    verbs = {verb for text in sources for verb in re.findall(r'\bbranch_of\("(\w+)"', text)}
    assert verbs == {name.rstrip("/") for name in OWN}


@pytest.mark.slow
def test_a_second_clone_sees_and_merges_what_the_first_opened(tiny: Sandbox, forge: Forge) -> None:
    pull = forge.open("topic", "main", "one", "text")
    elsewhere = Local(Repository(tiny.clone("elsewhere", "--single-branch").root), "origin")
    assert elsewhere.get(1) == pull
    elsewhere.update(1, "two", "text")
    assert forge.get(1).title == "two"


def test_unknown_numbers_and_branches(forge: Forge) -> None:
    with pytest.raises(UsageError, match="no pull request 1: there are none yet"):
        forge.get(1)
    with pytest.raises(UsageError, match="the branch nowhere is not on 'origin'"):
        forge.open("nowhere", "main", "one", "")
    with pytest.raises(UsageError, match="promote merge 1"):
        forge.enable_auto_merge(1, "merge")


@pytest.mark.slow
def test_pull_requests_opened_at_once_get_numbers_of_their_own(tiny: Sandbox) -> None:
    names = [f"topic-{number}" for number in range(6)]
    for name in names:
        tiny.git("push", "--quiet", "origin", f"main:refs/heads/{name}")
    roots: list[Path] = [tiny.clone(f"of-{name}").root for name in names]

    def open_one(root: Path, name: str) -> int:
        return Local(Repository(root), "origin").open(name, "main", name, "").number

    with ThreadPoolExecutor(len(names)) as pool:
        numbers = list(pool.map(open_one, roots, names))
    assert sorted(numbers) == [1, 2, 3, 4, 5, 6]
    assert {pull["number"]: pull["head"] for pull in tiny.pulls().values()} == dict(zip(numbers, names, strict=True))


@pytest.mark.slow
def test_one_branch_opened_at_once_gets_one_number(tiny: Sandbox) -> None:
    push_branch(tiny, "topic")
    forge = Local(Repository(tiny.root), "origin")
    with ThreadPoolExecutor(4) as pool:
        numbers = list(pool.map(lambda title: forge.open("topic", "main", title, "").number, "abcd"))
    assert numbers == [1, 1, 1, 1]
    assert list(tiny.pulls()) == [1]


def records(clone: Clone, names: Sequence[str], text: str) -> None:
    """Records in the shared repository with these names, and nothing else."""
    blob = clone.git("hash-object", "-w", "--stdin", stdin=text.encode())
    lines = "".join(f"100644 blob {blob}\t{name}\0" for name in names)
    tree = clone.git("mktree", "-z", stdin=lines.encode())
    clone.git("push", "--quiet", "--force", "origin", f"{clone.git('commit-tree', tree, '-m', 'records')}:{REF}")


def test_the_name_of_a_record_asks_git_for_nothing_else(tiny: Sandbox, forge: Forge) -> None:
    made = json.dumps(asdict(forge.open("topic", "main", "t", "")))
    records(tiny, ["1.json", "2.json\nHEAD"], made)
    with pytest.raises(ConfigError, match="its number is not that of its file"):
        forge.list_open("main")


@pytest.mark.slow
def test_many_records_take_no_longer_each_than_few(tiny: Sandbox) -> None:
    repository = Repository(tiny.root)

    def taken(number: int) -> float:
        records(tiny, [f"{n}.json" for n in range(number)], "some text")
        commit = tiny.at_origin("rev-parse", REF)
        start = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        assert len(repository.files(commit)) == number
        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - start

    few = max(taken(1000), 0.02)
    assert taken(8000) < 24 * few


def test_nobody_reviews_and_nothing_checks(tiny: Sandbox, forge: Forge) -> None:
    made = forge.open("topic", "main", "one", "")
    assert forge.approvals(made.number, made.head_commit) == ()
    assert forge.statuses(made.head_commit) == {}
    with pytest.raises(UsageError, match="there is no pull request 9"):
        forge.approvals(9, made.head_commit)
