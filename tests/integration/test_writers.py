"""Many write to one shared branch at the same time: all of them succeed, and nothing is lost."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from promote.gates import evaluation
from promote.gates.protocol import Context, Gate
from promote.model import Plan
from promote.system import tools, turns
from promote.system.process import Completed
from tests.integration import crowd, sandbox
from tests.integration.crowd import SERVICES
from tests.integration.sandbox import Clone, Outcome, Sandbox
from tests.integration.test_through_github import TOKEN, URL, GitHub

STAGING = "overlays/staging/kustomization.yaml"


@pytest.fixture(scope="session")
def crowd_template(tmp_path_factory: pytest.TempPathFactory, surroundings: dict[str, str]) -> Path:
    folder = tmp_path_factory.mktemp("crowd")
    crowd.create(folder, surroundings)
    return folder


@pytest.fixture
def shared(crowd_template: Path, surroundings: dict[str, str], tmp_path: Path) -> Sandbox:
    """Fifty services in two environments."""
    return sandbox.copy(crowd_template, tmp_path / "crowd", surroundings)


def writers(shared: Sandbox, where: str, number: int) -> list[tuple[Clone, dict[str, str]]]:
    """The clone and the variables of each writer: in one clone, in many, with many caches, or on many machines."""
    if where == "one clone":
        return [(shared, {})] * number
    clones = [shared.clone(f"writer-{one}") for one in range(number)]
    if where == "many clones":
        return [(clone, {}) for clone in clones]
    shared.promote("bump", "staging", f"{SERVICES[-1]}=1.1.1", "--commit")  # fills the cache
    own = crowd.cache_of_its_own if where == "many caches" else crowd.machine_of_its_own
    return [(clone, own(clone, clone.root.name)) for clone in clones]


def assert_all_arrived(shared: Sandbox, done: list[Outcome], before: int) -> None:
    assert [one.code for one in done] == [0] * len(done), [one for one in done if one.code][:3]
    assert len(crowd.line(shared)) == before + len(done)
    crowd.assert_whole(shared)
    assert [one.json["commit"] in crowd.line(shared) for one in done] == [True] * len(done)
    versions = dict.fromkeys(SERVICES, "1.1.0") | dict.fromkeys(SERVICES[: len(done)], "2.0.0")
    shown = shared.show(STAGING, "main").replace('"1.1.1"', '"1.1.0"')
    assert shown == crowd.overlay("staging", versions)


@pytest.mark.parametrize(
    ("where", "number"),
    [
        ("one clone", 6),
        pytest.param("many clones", 6, marks=pytest.mark.thorough),
        pytest.param("many caches", 3, marks=pytest.mark.thorough),
        pytest.param("many machines", 3, marks=pytest.mark.thorough),
        pytest.param("one clone", 50, marks=pytest.mark.thorough),
        pytest.param("many clones", 50, marks=pytest.mark.thorough),
        pytest.param("many caches", 30, marks=pytest.mark.thorough),
        pytest.param("many machines", 30, marks=pytest.mark.thorough),
    ],
)
def test_all_who_write_at_once_succeed(shared: Sandbox, where: str, number: int) -> None:
    places = writers(shared, where, number)
    before = len(crowd.line(shared))
    running = [
        clone.start("bump", "staging", f"{name}=2.0.0", "--commit", "--output", "json", env=env)
        for (clone, env), name in zip(places, SERVICES, strict=False)
    ]
    assert_all_arrived(shared, crowd.end(running), before)


@pytest.mark.thorough
def test_fifty_at_once_take_little_longer_than_one_after_the_other(shared: Sandbox) -> None:
    shared.promote("bump", "staging", f"{SERVICES[-1]}=1.1.1", "--commit")
    started = time.monotonic()
    for name in SERVICES:
        assert shared.finish("bump", "production", f"{name}=3.0.0", "--commit").code == 0
    alone = time.monotonic() - started
    started = time.monotonic()
    running = [shared.start("bump", "staging", f"{name}=3.0.0", "--commit") for name in SERVICES]
    assert [one.code for one in crowd.end(running)] == [0] * len(SERVICES)
    assert time.monotonic() - started < 1.5 * alone


@pytest.mark.parametrize("number", [3, pytest.param(20, marks=pytest.mark.thorough)])
@pytest.mark.parametrize("forge", ["local", pytest.param("github", marks=pytest.mark.thorough)])
def test_all_who_propose_and_merge_at_once_succeed(shared: Sandbox, hosted: GitHub, forge: str, number: int) -> None:
    env = {"GITHUB_API_URL": hosted.api, "GH_TOKEN": TOKEN}
    if forge == "github":
        shared.git("config", f"url.{shared.origin}.insteadOf", URL)
        shared.git("remote", "set-url", "origin", URL)
    running = [
        shared.start("bump", "staging", f"{name}=2.0.0", "--pr", "--output", "json", env=env)
        for name in SERVICES[:number]
    ]
    opened = crowd.end(running)
    assert [one.code for one in opened] == [0] * number, opened
    numbers = [str(one.json["pull_request"]["number"]) for one in opened]
    assert len(set(numbers)) == number
    merging = [shared.start("merge", one, "--output", "json", env=env) for one in numbers]
    done = crowd.end(merging)
    # All bumps are next to each other in one file, so Git may see a conflict: which is said, and merges nothing.
    assert {one.code for one in done} <= {0, 4}, done
    merged = [one.json["commit"] for one in done if one.code == 0]
    assert merged
    assert set(merged) <= set(crowd.line(shared))
    assert len(crowd.line(shared)) == 1 + len(merged)
    crowd.assert_whole(shared)


@pytest.fixture
def hosted(shared: Sandbox) -> Iterator[GitHub]:
    server = GitHub(shared)
    with server:
        yield server
    assert server.violations == []


def command(generator: random.Random, pulls: list[str]) -> list[str]:
    """One of all commands that write, or one that reads."""
    service, version = generator.choice(SERVICES[:6]), f"{generator.randint(2, 9)}.0.0"
    choices = [
        ["bump", "staging", f"{service}={version}", "--commit"],
        ["bump", "production", f"{service}={version}", "--commit"],
        ["rollback", "production", service],
        ["hold", "production", f"{service}={version}", "--reason", "it leaks"],
        ["release", "production", service],
        ["staging", "production", "--only", service],
        ["merge", generator.choice(pulls)],
        ["status"],
    ]
    return generator.choice(choices)


@pytest.mark.thorough
@pytest.mark.parametrize("seed", range(20))
def test_a_mix_of_all_commands_loses_nothing(shared: Sandbox, seed: int) -> None:
    generator = random.Random(seed)  # noqa: S311 it chooses, it hides nothing
    for name in SERVICES[:6]:
        shared.promote("bump", "production", f"{name}=1.5.0", "--commit")
    opened = shared.promote("staging", "production", "--only", SERVICES[0], "--output", "json").json
    pulls = [str(opened["pull_request"]["number"])]
    places = writers(shared, generator.choice(["one clone", "many clones", "many machines"]), 12)
    asked = [command(generator, pulls) for _ in places]
    running = [
        clone.start(*arguments, "--output", "json", env=env)
        for (clone, env), arguments in zip(places, asked, strict=True)
    ]
    done = crowd.end(running)
    line = crowd.line(shared)
    for arguments, one in zip(asked, done, strict=True):
        # A promotion may move the branch of the pull request while it is judged: it is not what was shown any more.
        outdated = arguments[0] == "merge" and one.code == 5 and "nothing was merged; look at it" in one.err
        assert one.code in (0, 1, 2, 3, 4) or outdated, (arguments, one)
        landed = one.json.get("commit") if one.code == 0 else None
        if landed and arguments[0] in ("bump", "rollback", "hold", "release", "merge"):
            assert landed in line, (arguments, one)
    crowd.assert_whole(shared)
    shared.promote("status")


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a command does, in order: the commits on which it asks the gates, and the programs that it starts."""
    done: list[str] = []
    evaluate, run = evaluation.evaluate, tools.run

    def asked(context: Context, gates: Sequence[Gate]) -> Plan:
        done.append(f"gates on {context.base}")
        return evaluate(context, gates)

    def started(name: str, *arguments: str | Path, **more: Any) -> Completed:
        done.append(name)
        return run(name, *arguments, **more)

    monkeypatch.setattr(evaluation, "evaluate", asked)
    monkeypatch.setattr(tools, "run", started)
    return done


@contextmanager
def overtaken(shared: Sandbox, file: str, old: str, new: str) -> Iterator[Clone]:
    """Another clone changes `file` and pushes while the gates of a command are asked for the first time."""
    rival, evaluate, waiting = shared.clone("rival"), evaluation.evaluate, [True]

    def late(context: Context, gates: Sequence[Gate]) -> Plan:
        if waiting:
            waiting.clear()
            rival.replace(file, f's01\n    newTag: "{old}"', f's01\n    newTag: "{new}"')
            rival.commit("faster")
            rival.git("push", "--quiet", "origin", "main")
        return evaluate(context, gates)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluation, "evaluate", late)
        yield rival


def test_every_gate_is_asked_again_on_the_new_tip(shared: Sandbox, log: list[str]) -> None:
    first = shared.tip()
    with overtaken(shared, STAGING, "1.1.0", "9.0.0") as rival:
        done = shared.promote("bump", "staging", "s00=2.0.0", "--commit")
    gates = [one for one in log if one.startswith("gates on")]
    assert gates == [f"gates on {first}", f"gates on {rival.git('rev-parse', 'HEAD')}"]
    assert "try 1: a branch of 'origin' has moved in the meantime: everything is planned and every gate" in done.err
    crowd.assert_whole(shared)


def test_only_what_reads_changed_files_is_rendered_again(shared: Sandbox, log: list[str]) -> None:
    first = shared.tip()
    with overtaken(shared, "overlays/production/kustomization.yaml", "1.0.0", "9.0.0") as rival:
        shared.promote("bump", "staging", "s00=4.5.6", "--commit")
    again = log.index(f"gates on {rival.git('rev-parse', 'HEAD')}")
    assert log[0] == f"gates on {first}"
    assert sorted(log[1:again]) == ["conftest", "kubeconform", "kustomize", "kustomize"]
    assert log[again + 1 :] == []
    crowd.assert_whole(shared)


@pytest.mark.slow
def test_a_writer_that_hangs_is_overtaken(shared: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "_LONGEST", 0.1)
    monkeypatch.setenv("PROMOTE_CACHE", shared.env["PROMOTE_CACHE"])
    place = f"{str(shared.origin).removesuffix('.git')} refs/heads/main"
    with turns.turn(place):
        shared.promote("bump", "staging", "s00=2.0.0", "--commit")
    assert len(crowd.line(shared)) == 2
