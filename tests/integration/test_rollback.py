from __future__ import annotations

import re

import pytest

from promote.forge.local import Local
from promote.git.repository import Repository
from tests.integration.sandbox import BRANCH, KUSTOMIZATION, Clone, Sandbox, tiny_overlay


def to_production(clone: Clone, *versions: str) -> None:
    """Bring versions such as api=1.2.0 to production, one commit each: by hand, which is quick."""
    clone.git("pull", "--quiet", "--ff-only", "origin", "main")
    for version in versions:
        service, _, tag = version.partition("=")
        text = re.sub(rf'({service}\n    newTag: )"[^"]*"', rf'\1"{tag}"', clone.read(KUSTOMIZATION))
        clone.write(KUSTOMIZATION, text)
        clone.commit(f"{version} to production")
    clone.git("push", "--quiet", "origin", "main")


def numbers(clone: Clone, *arguments: str) -> list[tuple[int, list[str]]]:
    found = clone.promote("history", "production", *arguments, "--output", "json").json["revisions"]
    return [(revision["revision"], revision["changed"]) for revision in found]


def production(tiny: Sandbox) -> str:
    return tiny.show(branch="main")


@pytest.mark.quick
def test_one_service_goes_back_by_one_commit(tiny: Sandbox) -> None:
    to_production(tiny, "api=1.2.0", "web=2.1.0")
    before = tiny.tip()
    answer = tiny.promote("rollback", "production", "api", "--reason", "it leaks", "--output", "json").json
    assert (answer["branch"], answer["commit"], answer["changed"]) == ("main", tiny.tip(), True)
    assert tiny.at_origin("rev-parse", "main^") == before
    assert production(tiny) == tiny_overlay("production", "1.1.0", "2.1.0")
    assert tiny.at_origin("diff", "--name-only", "main^", "main").split() == ["holds.yaml", KUSTOMIZATION]
    held = tiny.show("holds.yaml", "main")
    assert "image: shop/api" in held
    assert "version: 1.2.0" in held
    assert "reason: it leaks" in held


@pytest.mark.quick
def test_everything_goes_back_by_one_commit(tiny: Sandbox) -> None:
    before = tiny.git("rev-parse", "main:overlays")
    tiny.promote("staging", "production", "--auto-merge")
    assert tiny.at_origin("rev-parse", "main:overlays") != before
    tiny.promote("rollback", "production", "--all")
    assert tiny.at_origin("rev-parse", "main:overlays") == before
    assert tiny.at_origin("rev-list", "--count", "--first-parent", "main") == "3"


@pytest.mark.parametrize(
    "by",
    [
        "number",
        pytest.param("commit", marks=pytest.mark.thorough),
        pytest.param("short commit", marks=pytest.mark.thorough),
    ],
)
def test_back_to_a_revision(tiny: Sandbox, by: str) -> None:
    to_production(tiny, "web=2.1.0", "web=2.2.0", "web=2.3.0", "api=1.9.0", "web=2.4.0")
    revision = tiny.promote("history", "production", "--output", "json").json["revisions"][2]
    assert revision["revision"] == 3
    goal = {"number": ["--to", "3"], "commit": ["--to-commit", revision["commit"]],
            "short commit": ["--to-commit", revision["commit"][:10]]}[by]  # fmt: skip
    tiny.promote("rollback", "production", "web", *goal)
    assert production(tiny) == tiny_overlay("production", "1.9.0", "2.2.0")
    to_production(tiny, "web=2.5.0")
    tiny.promote("rollback", "production", "--all", "--to", "2")
    assert production(tiny) == tiny_overlay("production", "1.1.0", "2.1.0")


def test_a_rollback_by_pull_request_is_one_branch(tiny: Sandbox) -> None:
    to_production(tiny, "api=1.2.0")
    tip = tiny.tip()
    first = tiny.promote("rollback", "production", "api", "--pr", "--output", "json").json
    assert (first["branch"], first["pull_request"]["number"], tiny.tip()) == ("rollback/production", 1, tip)
    again = tiny.promote("rollback", "production", "api", "--pr", "--output", "json").json
    assert again == first | {"changed": False}
    tiny.promote("merge", "1")
    assert production(tiny) == tiny_overlay("production", "1.1.0", "2.0.0")


@pytest.mark.slow
def test_the_next_promotion_does_not_bring_it_back(tiny: Sandbox) -> None:
    tiny.promote("staging", "production", "--auto-merge")
    tiny.promote("rollback", "production", "api", "--reason", "it leaks")
    refused = tiny.promote("staging", "production", code=4)
    assert "api: 1.2.0 is held since" in refused.err
    assert "it leaks" in refused.err
    assert list(tiny.branches()) == ["main"]
    gates = tiny.promote("plan", "staging", "production", "--output", "json", code=4).json["gates"]
    assert [(gate["name"], gate["subject"], gate["passed"]) for gate in gates] == [("hold", "api", False)]
    assert tiny.promote("staging", "production", "--dry-run", code=4).err == ""


@pytest.mark.parametrize("way", ["exclude", "release", "newer"])
def test_the_ways_past_a_hold(tiny: Sandbox, way: str) -> None:
    to_production(tiny, "api=1.2.0")
    tiny.promote("rollback", "production", "api")
    if way == "exclude":
        tiny.promote("staging", "production", "--exclude", "api")
        assert tiny.show() == tiny_overlay("production", "1.1.0", "2.1.0")
    elif way == "release":
        tiny.promote("release", "production", "api")
        tiny.promote("staging", "production")
        assert tiny.show() == tiny_overlay("production", "1.2.0", "2.1.0")
    else:
        tiny.stage("api", "1.2.0", "1.2.1")
        tiny.promote("staging", "production")
        assert tiny.show() == tiny_overlay("production", "1.2.1", "2.1.0")


@pytest.mark.parametrize("released", [False, pytest.param(True, marks=pytest.mark.thorough)])
def test_a_rollback_given_twice_goes_back_once(tiny: Sandbox, released: bool) -> None:
    to_production(tiny, "api=1.2.0", "api=1.3.0", "web=2.1.0")
    made = tiny.promote("rollback", "production", "api", "--output", "json").json["commit"]
    assert production(tiny) == tiny_overlay("production", "1.2.0", "2.1.0")
    if released:
        tiny.promote("release", "production")
    tip = tiny.tip()
    said = tiny.promote("rollback", "production", "api").out
    assert f"api 1.3.0 was taken back already, by {made[:12]} on " in said
    assert "--again goes further back" in said
    assert tiny.tip() == tip
    tiny.promote("rollback", "production", "api", "--again")
    assert production(tiny) == tiny_overlay("production", "1.1.0", "2.1.0")
    assert "no earlier version" in tiny.promote("rollback", "production", "api", "--again", code=2).err


@pytest.mark.thorough
def test_what_was_promoted_since_is_rolled_back(tiny: Sandbox) -> None:
    to_production(tiny, "api=1.2.0")
    tiny.promote("rollback", "production", "api")
    to_production(tiny, "api=1.3.0")
    tiny.promote("rollback", "production", "api")
    assert production(tiny) == tiny_overlay("production", "1.1.0", "2.0.0")


def test_of_two_services_the_one_that_is_back_stays(tiny: Sandbox) -> None:
    to_production(tiny, "api=1.2.0", "api=1.3.0", "web=2.1.0")
    tiny.promote("rollback", "production", "api")
    assert "api 1.3.0 was taken back already" in tiny.promote("rollback", "production", "api", "web").out
    assert production(tiny) == tiny_overlay("production", "1.2.0", "2.0.0")


def test_everything_goes_back_once_unless_asked_again(tiny: Sandbox) -> None:
    to_production(tiny, "api=1.2.0", "web=2.1.0")
    for _ in range(2):
        tiny.promote("rollback", "production", "--all")
        assert production(tiny) == tiny_overlay("production", "1.2.0", "2.0.0")
    tiny.promote("rollback", "production", "--all", "--again")
    assert production(tiny) == tiny_overlay("production", "1.1.0", "2.0.0")


def test_a_jump_back_is_not_undone_by_the_next_rollback(tiny: Sandbox) -> None:
    to_production(tiny, "api=1.2.0", "api=1.3.0")
    tiny.promote("rollback", "production", "api", "--to", "1")
    assert "no earlier version" in tiny.promote("rollback", "production", "api", code=2).err


def test_a_rollback_onto_a_held_version_is_refused(tiny: Sandbox) -> None:
    to_production(tiny, "api=1.2.0", "api=1.3.0")
    tiny.promote("hold", "production", "api=1.2.0", "--reason", "worse")
    assert "worse" in tiny.promote("rollback", "production", "api", "--to", "2", code=4).err
    tiny.promote("rollback", "production", "api")
    assert production(tiny) == tiny_overlay("production", "1.1.0", "2.0.0")


@pytest.mark.quick
def test_rolling_back_to_what_runs_is_nothing_to_do(tiny: Sandbox) -> None:
    tip = tiny.tip()
    assert "nothing to do" in tiny.promote("rollback", "production", "--all", "--to", "1").out
    assert tiny.tip() == tip


@pytest.mark.quick
@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "or --all"),
        (["api", "--all"], "not both"),
        (["api", "--to", "1", "--to-commit", "HEAD"], "not by both"),
        (["api", "--to", "1", "--again"], "name the revision, or leave --again out"),
        (["api", "--to", "9"], "revisions 1 to 1"),
        (["api", "--to-commit", "nonsense"], "there is no commit 'nonsense'"),
        (["nobody"], "no image or service is called 'nobody'"),
        (["--all"], "no earlier revision"),
    ],
)
def test_a_rollback_that_makes_no_sense(tiny: Sandbox, arguments: list[str], reason: str) -> None:
    assert reason in tiny.promote("rollback", "production", *arguments, code=2).err


def test_hold_and_release_say_when_there_is_nothing_to_do(tiny: Sandbox) -> None:
    assert "--reason" in tiny.promote("hold", "production", "api=1.2.0", code=2).err
    tiny.promote("hold", "production", "api=1.2.0", "--reason", "no")
    tip = tiny.tip()
    assert "nothing to hold" in tiny.promote("hold", "production", "api=1.2.0", "--reason", "no").out
    assert "nothing to release" in tiny.promote("release", "production", "web").out
    assert tiny.tip() == tip
    tiny.promote("release", "production")
    assert "holds: []" in tiny.show("holds.yaml", "main")


def test_history_counts_alike_in_every_clone(tiny: Sandbox) -> None:
    behind = tiny.clone("behind")
    to_production(tiny, "api=1.2.0", "web=2.1.0")
    tiny.promote("rollback", "production", "api")
    expected = [(1, ["api", "web"]), (2, ["api"]), (3, ["web"]), (4, ["api"])]
    assert numbers(tiny) == numbers(behind) == numbers(tiny.clone("new")) == expected
    assert numbers(tiny, "web") == [(1, ["api", "web"]), (3, ["web"])]


@pytest.mark.parametrize(
    "method",
    ["squash", pytest.param("merge", marks=pytest.mark.thorough), pytest.param("rebase", marks=pytest.mark.thorough)],
)
def test_history_counts_alike_however_pull_requests_are_merged(tiny: Sandbox, method: str) -> None:
    tiny.promote("staging", "production", "--only", "api")
    other = tiny.clone("other")
    other.write("meanwhile.txt", "so that a rebase has something to do")
    other.publish()
    tiny.promote("merge", "1", "--method", method)
    tiny.promote("staging", "production")
    tiny.promote("merge", "2", "--method", method)
    assert numbers(tiny) == [(1, ["api", "web"]), (2, ["api"]), (3, ["web"])]
    tiny.promote("rollback", "production", "--all", "--to", "2")
    assert production(tiny) == tiny_overlay("production", "1.2.0", "2.0.0")


def test_a_shallow_clone_has_no_history_but_can_promote(tiny: Sandbox) -> None:
    to_production(tiny, "api=1.1.5")
    tiny.promote("staging", "production")
    to_production(tiny, "api=1.1.6")
    shallow = tiny.clone("shallow", "--depth=1")
    for arguments in (["history", "production"], ["rollback", "production", "api"]):
        assert "git fetch --unshallow" in shallow.promote(*arguments, code=2).err
    shallow.promote("staging", "production")
    assert tiny.show() == tiny_overlay("production", "1.2.0", "2.1.0")
    assert tiny.at_origin("rev-parse", f"{BRANCH}^") == tiny.tip()


def test_a_hold_of_an_environment_that_is_called_otherwise_is_reported_and_can_be_lifted(tiny: Sandbox) -> None:
    tiny.promote("hold", "production", "api=1.5.0", "--reason", "it leaks")
    tiny.promote("hold", "production", "web=1.5.0", "--reason", "it leaks")
    tiny.git("pull", "--quiet")
    assert "not an environment" not in tiny.promote("status").out
    tiny.replace("promote.yaml", "production:", "live:")
    tiny.publish("another name")
    said = "holds.yaml names production, which is not an environment now, so nothing is held there"
    assert said in tiny.promote("status").out
    assert any(note.startswith(said) for note in tiny.promote("status", "--output", "json").json["notes"])
    assert "(shop/api 1.5.0)" in tiny.promote("release", "production", "api").out
    tiny.promote("release", "production")
    assert "not an environment" not in tiny.promote("status").out
    tiny.promote("release", "production", code=2)


def test_a_merge_leaves_no_hold_behind(tiny: Sandbox) -> None:
    """Under its new name, the environment would get what is held."""
    tiny.promote("hold", "production", "api=1.5.0", "--reason", "it leaks")
    tiny.git("pull", "--quiet")
    forge = Local(Repository.containing(tiny.root), "origin")

    def pull(number: int) -> None:
        tiny.replace("promote.yaml", "production:", "live:")
        tiny.git("push", "--quiet", "origin", f"{tiny.commit()}:refs/heads/renamed-{number}")
        tiny.git("reset", "--quiet", "--hard", "origin/main")
        forge.open(f"renamed-{number}", "main", "another name", "")

    pull(1)
    said = "production loses its name, by which holds.yaml holds shop/api 1.5.0: write the new name there, too"
    tip = tiny.tip()
    assert said in tiny.promote("merge", "1", code=4).err
    assert tiny.tip() == tip
    tiny.replace("holds.yaml", "environment: production", "environment: live")
    pull(2)
    tiny.promote("merge", "2")
    assert "it leaks" in tiny.promote("bump", "live", "api=1.5.0", "--commit", code=4).err


def test_a_hold_of_an_image_that_is_called_otherwise_can_be_lifted(tiny: Sandbox) -> None:
    tiny.promote("hold", "production", "api=1.5.0", "--reason", "it leaks")
    tiny.git("pull", "--quiet")
    for file in ("base/deployments.yaml", "overlays/staging/kustomization.yaml", KUSTOMIZATION):
        tiny.replace(file, "shop/api", "store/api")
    tiny.publish("another name")
    assert "write the whole name" in tiny.promote("release", "production", "api", code=2).err
    assert "nothing to release" in tiny.promote("release", "production", "web").out
    assert "(shop/api 1.5.0)" in tiny.promote("release", "production", "shop/api").out
    tiny.promote("hold", "production", "api=1.5.0", "--reason", "it leaks")
    assert "(store/api 1.5.0)" in tiny.promote("release", "production").out


def test_a_version_that_was_a_digest_alone_comes_back(tiny: Sandbox) -> None:
    digests = ["sha256:" + digit * 64 for digit in "123"]
    tiny.replace(KUSTOMIZATION, 'newTag: "1.1.0"  # the API\n', f"digest: {digests[0]}\n")
    tiny.publish()
    tiny.replace(KUSTOMIZATION, f"digest: {digests[0]}\n", f'newTag: "1.3.0"  # the API\n    digest: {digests[1]}\n')
    tiny.publish()
    tiny.promote("rollback", "production", "api")
    assert f'    newTag: ""  # the API\n    digest: {digests[0]}\n' in production(tiny)
    tiny.promote("verify", tiny.tip())
    tiny.promote("bump", "production", f"api=1.4.0@{digests[2]}", "--commit")
    assert f'    newTag: "1.4.0"  # the API\n    digest: {digests[2]}\n' in production(tiny)
