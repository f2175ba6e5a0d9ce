from __future__ import annotations

import pytest

from promote.gates import registry
from tests.integration.sandbox import BRANCH, KUSTOMIZATION, Sandbox, tiny_overlay

MEASURED = [name for name, gate in registry.load().items() if gate.measures]
KEYS = ["from", "to", "changes", "gates", *MEASURED, "despite", "unmoved", "unused", "shared", "settings", "findings",
        "branch", "commit", "pull_request", "changed"]  # fmt: skip
GATEWAY = ("3d1208dc372523130a120f1e1b630e05d10258fca984cc310be15fc756b3fb2f",
           "dc6c016c7b466a3f4a94bd76087fec3b0fd3949908e9ddb57e1cd1637dbb2045")  # fmt: skip
OCR = ("c9b9b135ccb1e58da5eaf06fb67fb5f0458dfdccb2c81fb1c9cc0ae8d041ed1b",
       "66016fc467655103249b3cf35e7ead833791a67d52d29790f0ff7a029bdb6135")  # fmt: skip


def test_a_promotion_changes_exactly_the_bytes_of_two_services(mediq: Sandbox) -> None:
    expected = mediq.read(KUSTOMIZATION)
    for old, new in (('1.4.2"\n    digest: sha256:' + GATEWAY[0], '1.5.0"\n    digest: sha256:' + GATEWAY[1]),
                     ('1.5.0"\n    digest: sha256:' + OCR[0], '1.5.1"\n    digest: sha256:' + OCR[1])):  # fmt: skip
        assert expected.count(old) == 1
        expected = expected.replace(old, new)
    mediq.promote("staging", "production")
    assert mediq.at_origin("diff", "--name-only", "main", BRANCH) == KUSTOMIZATION
    assert mediq.at_origin("diff", "--numstat", "main", BRANCH).split()[:2] == ["4", "4"]
    assert mediq.show() == expected
    assert mediq.at_origin("rev-list", f"main..{BRANCH}") == mediq.tip(BRANCH)
    assert {number: (pull["head"], pull["base"], pull["state"]) for number, pull in mediq.pulls().items()} == {
        1: (BRANCH, "main", "open")
    }


@pytest.mark.quick
def test_the_second_run_finds_everything_there(tiny: Sandbox) -> None:
    first = tiny.promote("staging", "production", "--output", "json").json
    second = tiny.promote("staging", "production", "--output", "json").json
    assert second == first | {"changed": False}
    assert list(tiny.pulls()) == [1]


@pytest.mark.quick
def test_the_json_has_the_keys_of_the_contract(tiny: Sandbox) -> None:
    answer = tiny.promote("staging", "production", "--output", "json").json
    assert list(answer) == KEYS
    assert {"freeze", "soak", "combination"} <= set(MEASURED)
    assert answer["changes"][0] == {
        "service": "api",
        "image": "shop/api",
        "old": {"tag": "1.1.0", "digest": None},
        "new": {"tag": "1.2.0", "digest": None},
    }
    assert (answer["from"], answer["to"], answer["gates"]) == ("staging", "production", [])
    assert (answer["branch"], answer["commit"]) == (BRANCH, tiny.tip(BRANCH))
    assert answer["pull_request"] == {"number": 1, "url": "local:1"}
    assert answer["changed"] is True


def test_staging_moving_on_renews_branch_and_pull_request(tiny: Sandbox) -> None:
    tiny.promote("staging", "production")
    before = tiny.tip(BRANCH)
    tiny.stage("api", "1.2.0", "1.3.0")
    answer = tiny.promote("staging", "production", "--output", "json").json
    assert answer["changed"] is True
    assert tiny.tip(BRANCH) == answer["commit"] != before
    assert tiny.at_origin("rev-parse", f"{BRANCH}^") == tiny.tip()
    assert tiny.show() == tiny_overlay("production", "1.3.0", "2.1.0")
    assert [pull["title"] for pull in tiny.pulls().values()] == [
        "promote: staging → production (api 1.1.0→1.3.0, +1)"
    ]


@pytest.mark.parametrize(
    ("options", "api", "web"),
    [
        (["--only", "web"], "1.1.0", "2.1.0"),
        (["--only", "shop/api"], "1.2.0", "2.0.0"),
        (["--only", "api", "--only", "web", "--exclude", "web"], "1.2.0", "2.0.0"),
        (["--exclude", "api"], "1.1.0", "2.1.0"),
    ],
)
def test_only_and_exclude_choose_services(tiny: Sandbox, options: list[str], api: str, web: str) -> None:
    tiny.promote("staging", "production", *options)
    assert tiny.show() == tiny_overlay("production", api, web)


@pytest.mark.quick
def test_a_name_that_does_not_exist_is_refused_with_the_nearest(tiny: Sandbox) -> None:
    assert "did you mean 'web'?" in tiny.promote("staging", "production", "--only", "webb", code=2).err
    assert "did you mean 'staging'?" in tiny.promote("stagin", "production", code=2).err
    assert "same folder" in tiny.promote("production", "overlays/production/", code=2).err
    assert tiny.branches() == {"main": tiny.tip()}


@pytest.mark.quick
@pytest.mark.parametrize("arguments", [["staging", "production", "--dry-run"], ["plan", "staging", "production"]])
def test_a_plan_shows_everything_and_writes_nothing(tiny: Sandbox, arguments: list[str]) -> None:
    before, refs = tiny.snapshot(), tiny.at_origin("for-each-ref")
    answer = tiny.promote(*arguments, "--output", "json").json
    assert list(answer) == KEYS
    assert {"freeze", "soak", "combination"} <= set(MEASURED)
    assert [change["service"] for change in answer["changes"]] == ["api", "web"]
    assert (answer["branch"], answer["commit"], answer["pull_request"], answer["changed"]) == (
        None,
        None,
        None,
        False,
    )
    text = tiny.promote(*arguments).out
    assert "+ /spec/template/spec/containers/0/image: shop/api:1.2.0" in text
    assert "production: 2 documents rendered, 2 validated, 2 evaluated" in text
    assert (tiny.snapshot(), tiny.at_origin("for-each-ref")) == (before, refs)


@pytest.mark.quick
def test_without_a_pull_request_only_the_branch_is_pushed(tiny: Sandbox) -> None:
    answer = tiny.promote("staging", "production", "--no-pr", "--output", "json").json
    assert (answer["commit"], answer["pull_request"]) == (tiny.tip(BRANCH), None)
    assert tiny.pulls() == {}
    assert tiny.promote("staging", "production", "--output", "json").json["pull_request"]["number"] == 1
    assert tiny.tip(BRANCH) == answer["commit"]


def test_auto_merge_merges_at_once_where_nobody_else_could(tiny: Sandbox) -> None:
    out = tiny.promote("staging", "production", "--auto-merge", "--wait").out
    assert "states no cluster of production (`cluster`), so no rollout was waited for" in out
    assert f"pull request #1 is merged: {tiny.tip()[:12]}" in out
    assert tiny.show(branch="main") == tiny_overlay("production", "1.2.0", "2.1.0")
    assert list(tiny.branches()) == ["main"]


def test_waiting_in_vain_says_what_was_done_and_leaves_with_4(tiny: Sandbox) -> None:
    done = tiny.promote("staging", "production", "--wait", "--timeout", "0", "--output", "json", code=4)
    assert done.json["pull_request"]["number"] == 1
    assert "still open after 0 s" in tiny.promote("staging", "production", "--wait", "--timeout", "0", code=4).out


def test_nothing_to_do_is_said_and_is_no_failure(tiny: Sandbox) -> None:
    tiny.promote("staging", "production", "--auto-merge")
    refs = tiny.at_origin("for-each-ref")
    done = tiny.promote("staging", "production")
    assert "nothing to do: production has all of this already" in done.out
    assert tiny.promote("staging", "production", "--output", "json").json["changes"] == []
    assert tiny.at_origin("for-each-ref") == refs


def test_a_pull_request_that_has_become_pointless_is_named(tiny: Sandbox) -> None:
    tiny.promote("staging", "production")
    tiny.promote("bump", "production", "api=1.2.0", "web=2.1.0", "--commit")
    assert (
        "pull request #1 is still open and proposes other values: close it"
        in tiny.promote("staging", "production").out
    )


def test_the_plan_is_made_on_the_shared_branch_and_says_so(tiny: Sandbox) -> None:
    other = tiny.clone("other")
    other.replace("overlays/staging/kustomization.yaml", "1.2.0", "1.3.0")
    other.publish()
    tiny.write("note.txt", "mine")
    tiny.commit("not pushed")
    tiny.replace(KUSTOMIZATION, "2.0.0", "9.9.9")
    out = tiny.promote("staging", "production").out
    assert (
        "note: your checkout is 1 commit behind and has 1 commit not pushed and has uncommitted changes: "
        "planned from origin/main"
    ) in out
    assert tiny.show() == tiny_overlay("production", "1.3.0", "2.1.0")
    assert "note.txt" not in tiny.at_origin("ls-tree", "--name-only", BRANCH)


@pytest.mark.quick
def test_a_denied_policy_ends_with_3_and_nothing_is_pushed(tiny: Sandbox) -> None:
    tiny.stage("api", "1.2.0", "latest")
    refs = tiny.at_origin("for-each-ref")
    asked = ("staging", "production", "--only", "api")
    refused = tiny.promote(*asked, code=3)
    assert "images.tag: " in refused.err
    assert "whose tag can change" in refused.err
    assert tiny.promote(*asked, "--dry-run", "--output", "json", code=3).json["changed"] is False
    assert tiny.promote("plan", *asked, code=3).err == ""
    assert tiny.at_origin("for-each-ref") == refs


# A copy of a part of the version, such as its minor number, is more than the version.
REPLACEMENT = """\
replacements:
  - source:
      kind: Deployment
      name: api
      fieldPath: spec.template.spec.containers.0.image
      options: {delimiter: ".", index: 1}
    targets:
      - select: {kind: Deployment, name: web}
        fieldPaths: ["metadata.labels.tag"]
        options: {create: true}
"""


def test_a_change_beside_images_is_refused_unless_asked_for(tiny: Sandbox) -> None:
    tiny.write(KUSTOMIZATION, tiny.read(KUSTOMIZATION) + REPLACEMENT)
    tiny.publish()
    refused = tiny.promote("staging", "production", code=3)
    assert "more than images (Deployment/shop-production/web /metadata/labels/tag)" in refused.err
    assert list(tiny.branches()) == ["main"]
    out = tiny.promote("staging", "production", "--allow-other-changes").out
    assert "+ /metadata/labels/tag: 2" in out
    assert tiny.show() == tiny_overlay("production", "1.2.0", "2.1.0") + REPLACEMENT


GONE = '  - name: shop/gone  # was removed\n    newTag: "{}"\n'
UNUSED = "not in use: shop/gone 1→2: nothing that production renders runs this; correct the name in images"


@pytest.fixture
def stale(tiny: Sandbox) -> Sandbox:
    """Both environments have an entry of an image that nothing runs."""
    for environment, tag in (("staging", "2"), ("production", "1")):
        path = f"overlays/{environment}/kustomization.yaml"
        tiny.write(path, tiny.read(path) + GONE.format(tag))
    tiny.publish()
    return tiny


def test_an_entry_that_matches_nothing_is_left_out_and_named(stale: Sandbox) -> None:
    answer = stale.promote("plan", "staging", "production", "--output", "json").json
    gone = {"old": {"tag": "1", "digest": None}, "new": {"tag": "2", "digest": None}}
    assert answer["unused"] == [{"service": "gone", "image": "shop/gone", **gone}]
    assert [change["image"] for change in answer["changes"]] == ["shop/api", "shop/web"]
    assert UNUSED in stale.promote("staging", "production").out
    assert stale.show() == tiny_overlay("production", "1.2.0", "2.1.0") + GONE.format("1")
    assert f"- ⚠️ {UNUSED}" in stale.pulls()[1]["body"]
    stale.promote("merge", "1")
    again = stale.promote("staging", "production").out
    assert UNUSED in again
    assert "nothing to do: production has everything that can be moved already" in again


@pytest.mark.parametrize(
    "command",
    [("staging", "production", "--only", "gone"), ("staging", "production", "--only", "web", "--only", "gone"),
     ("plan", "staging", "production", "--only", "shop/gone"), ("bump", "production", "gone=2", "--commit")],
)  # fmt: skip
def test_an_entry_that_matches_nothing_is_refused_by_name(stale: Sandbox, command: tuple[str, ...]) -> None:
    assert (
        "no container runs shop/gone in this version: an item of `images` matches nothing"
        in stale.promote(*command, code=3).err
    )
    assert list(stale.branches()) == ["main"]


def test_what_add_would_insert_is_left_out_if_nothing_runs_it(tiny: Sandbox) -> None:
    path = "overlays/staging/kustomization.yaml"
    tiny.write(path, tiny.read(path) + GONE.format("2"))
    tiny.publish()
    assert "not in use: shop/gone 2: " in tiny.promote("staging", "production", "--add").out
    assert tiny.show() == tiny_overlay("production", "1.2.0", "2.1.0")
    assert "no container runs" in tiny.promote("staging", "production", "--add", "--only", "gone", code=3).err


NAMED = {
    "staging": "  - {name: shop/cart, newName: eu/cart}\n  - {name: shop/mail, newTag: '2'}\n  - name: shop/new\n",
    "production": "  - {name: shop/cart, newTag: '1'}\n  - {name: shop/mail, newName: us/mail}\n",
}


def test_what_has_no_version_is_left_out_and_named(tiny: Sandbox) -> None:
    for environment, text in NAMED.items():
        path = f"overlays/{environment}/kustomization.yaml"
        tiny.write(path, tiny.read(path) + text)
    tiny.publish()
    assert "to promote: promote staging production  (api, web)" in tiny.promote("status").out
    drift = tiny.promote("drift", "staging", "production", code=1).out
    assert "cart: eu/cart no version in staging, shop/cart 1 in production" in drift
    lacking = "note: shop/mail has no version in production: left out (--add gives it one)"
    for more, said in (([], lacking), (["--add"], "not in use: shop/mail 2")):
        out = tiny.promote("staging", "production", *more).out
        assert "note: shop/cart, shop/new have no version in staging: left out\n" in out
        assert said in out
        assert tiny.show() == tiny_overlay("production", "1.2.0", "2.1.0") + NAMED["production"]
        refused = tiny.promote("plan", "staging", "production", "--only", "cart", *more, code=2).err
        assert "shop/cart has no version in overlays/staging/kustomization.yaml: leave it out of --only" in refused
    refused = tiny.promote("plan", "staging", "production", "--only", "mail", code=2).err
    assert "shop/mail has no version in overlays/production/kustomization.yaml: --add gives it one" in refused
    assert "no version" in tiny.promote("plan", "staging", "production", "--add", "--only", "new", code=2).err


def test_a_service_that_the_target_lacks_is_left_out_and_named(tiny: Sandbox) -> None:
    tiny.write(
        "overlays/staging/kustomization.yaml",
        tiny.read("overlays/staging/kustomization.yaml") + "  - {name: shop/new, newTag: '1'}\n",
    )
    tiny.publish()
    assert "note: shop/new has no images entry in production: left out" in tiny.promote("staging", "production").out


def test_services_that_the_target_lacks_are_named_in_one_line(tiny: Sandbox) -> None:
    more = "".join(f"  - {{name: shop/{name}, newTag: '1'}}\n" for name in ("new", "old", "last"))
    path = "overlays/staging/kustomization.yaml"
    tiny.write(path, tiny.read(path) + more)
    tiny.publish()
    names = "shop/new, shop/old, shop/last"
    said = f"note: {names} have no images entry in production: left out (--add adds it, if a container there runs it)"
    assert [line for line in tiny.promote("staging", "production").out.splitlines() if "shop/new" in line] == [said]


@pytest.mark.parametrize("is_merge", [False, True], ids=["commit", "merge"])
def test_commits_of_others_on_the_branch_are_not_overwritten(tiny: Sandbox, is_merge: bool) -> None:
    tiny.promote("staging", "production")
    tiny.stage("web", "2.1.0", "2.2.0")
    tiny.git("fetch", "--quiet", "origin", BRANCH)
    tiny.git("checkout", "--quiet", "-b", BRANCH, "FETCH_HEAD")
    if is_merge:
        tiny.git("merge", "--quiet", "--no-commit", "main")
    tiny.write("fix.txt", "by hand")
    tiny.commit("a fix by hand")
    tiny.git("push", "--quiet", "origin", BRANCH)
    tiny.git("checkout", "--quiet", "main")
    tiny.stage("api", "1.2.0", "1.3.0")
    theirs = tiny.tip(BRANCH)
    assert f"commits that promote did not make ({theirs[:12]})" in tiny.promote("staging", "production", code=4).err
    assert tiny.tip(BRANCH) == theirs


@pytest.mark.parametrize("how", ["merge", "rebase"])
def test_a_branch_that_the_forge_updated_is_still_ours(tiny: Sandbox, how: str) -> None:
    tiny.promote("staging", "production")
    tiny.stage("api", "1.2.0", "1.3.0")
    tiny.git("fetch", "--quiet", "origin", BRANCH)
    tiny.git("checkout", "--quiet", "-b", BRANCH, "FETCH_HEAD")
    tiny.git(*(["merge", "--quiet", "--no-edit"] if how == "merge" else ["rebase", "--quiet"]), "main")
    tiny.git("push", "--quiet", "--force", "origin", BRANCH)
    tiny.git("checkout", "--quiet", "main")
    tiny.stage("web", "2.1.0", "2.2.0")
    tiny.promote("staging", "production")
    assert tiny.show() == tiny_overlay("production", "1.3.0", "2.2.0")
    assert tiny.at_origin("rev-list", "--count", f"main..{BRANCH}") == "1"


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_a_merged_branch_that_was_not_deleted_is_used_again(tiny: Sandbox, method: str) -> None:
    tiny.promote("staging", "production")
    merged = tiny.tip(BRANCH)
    tiny.promote("merge", "1", "--method", method)
    tiny.at_origin("update-ref", f"refs/heads/{BRANCH}", merged)
    tiny.git("pull", "--quiet", "origin", "main")
    tiny.stage("api", "1.2.0", "1.3.0")
    tiny.promote("staging", "production")
    assert {number: pull["state"] for number, pull in tiny.pulls().items()} == {1: "merged", 2: "open"}


@pytest.mark.quick
def test_a_branch_name_that_is_taken_is_a_clear_error(tiny: Sandbox) -> None:
    tiny.git("push", "--quiet", "origin", "main:refs/heads/promote")
    assert "'refs/heads/promote' exists" in tiny.promote("staging", "production", code=2).err


def test_a_folder_of_an_environment_is_that_environment(tiny: Sandbox) -> None:
    tiny.promote("hold", "production", "api=1.2.0", "--reason", "it leaks")
    assert "it leaks" in tiny.promote("overlays/staging", "./overlays/production/", code=4).err
    answer = tiny.promote("overlays/staging/", "overlays/production", "--exclude", "api", "--output", "json").json
    assert (answer["from"], answer["to"], answer["branch"]) == ("staging", "production", BRANCH)
