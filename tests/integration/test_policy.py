"""A pull request is judged by the policy of its target branch, too, if it brings a policy of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from promote.forge.local import Local
from promote.git.repository import Repository
from promote.system import clock
from tests.integration.sandbox import KUSTOMIZATION, Clone, Sandbox

LATEST = ('"1.1.0"', '"latest"')  # what the rule images.tag denies
SATURDAY = datetime(2026, 11, 28, 12, tzinfo=UTC)
FREEZE = '    gates: {freeze: [{start: "Friday 16:00", end: "Monday 06:00", timezone: UTC, reason: weekend}]}\n'
PRODUCTION = "  production: {path: overlays/production}\n"


def propose(tiny: Sandbox, change: Callable[[Clone], None], base: str = "main") -> Clone:
    """Pull request 1: what `change` does in another clone."""
    other = tiny.clone("other")
    other.git("switch", "--quiet", "--create", "proposal", f"origin/{base}")
    change(other)
    other.commit("a proposal")
    other.git("push", "--quiet", "origin", "proposal")
    Local(Repository(other.root), "origin").open("proposal", base, "a proposal", "")
    return other


def latest(clone: Clone) -> None:
    clone.replace(KUSTOMIZATION, *LATEST)


def lax_rule(clone: Clone) -> None:
    clone.replace("policies/images/tag.rego", 'image.tag == "latest"', 'image.tag == "newest"')


def fewer_rules(clone: Clone) -> None:
    shutil.rmtree(clone.root / "policies")
    clone.write("promote.yaml", clone.read("promote.yaml") + "profile: baseline\n")


def other_rules(clone: Clone) -> None:
    for path in sorted((clone.root / "policies").rglob("*")):
        if path.is_file():
            clone.write(f"lax/{path.relative_to(clone.root / 'policies')}", path.read_text())
    clone.replace("lax/images/tag.rego", 'image.tag == "latest"', 'image.tag == "newest"')
    clone.write("promote.yaml", clone.read("promote.yaml") + "policies: lax\n")


def linked_rules(clone: Clone) -> None:
    other_rules(clone)
    clone.git("checkout", "--quiet", "promote.yaml")
    (clone.root / "policies").rename(clone.root / "strict")
    (clone.root / "policies").symlink_to("lax")


def waiver(clone: Clone) -> None:
    clone.write(
        "policies/data/waivers.yaml",
        f"""\
waivers:
  - rule: images.tag
    resource: {{kind: Deployment, namespace: shop-production, name: api}}
    container: api
    reason: we promise to be careful
    owner: team-shop
    ticket: SHOP-1
    expires: {clock.today().isoformat()}
""",
    )


def elsewhere(clone: Clone) -> None:
    clone.write("overlays/empty/kustomization.yaml", clone.read("overlays/staging/kustomization.yaml"))
    clone.replace("promote.yaml", "path: overlays/production", "path: overlays/empty")


def not_at_all(clone: Clone) -> None:
    clone.replace("promote.yaml", PRODUCTION, "")


@pytest.mark.parametrize(
    ("weaken", "file"),
    [
        (lax_rule, "policies/images/tag.rego"),
        pytest.param(fewer_rules, "promote.yaml", marks=pytest.mark.thorough),
        pytest.param(other_rules, "promote.yaml", marks=pytest.mark.thorough),
        pytest.param(linked_rules, "policies", marks=pytest.mark.thorough),
        (waiver, "policies/data/waivers.yaml"),
        (elsewhere, "promote.yaml"),
        pytest.param(not_at_all, "promote.yaml", marks=pytest.mark.thorough),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_pull_request_that_passes_only_by_its_own_policy_needs_a_reason(
    tiny: Sandbox, weaken: Callable[[Clone], None], file: str
) -> None:
    def change(clone: Clone) -> None:
        latest(clone)
        weaken(clone)

    propose(tiny, change)
    base = tiny.tip()
    refused = tiny.promote("merge", "1", code=4).err
    assert "policy: it passes only because it changes " in refused
    assert file in refused
    assert "by those of main, images.tag: " in refused
    assert "--despite-policy REASON" in refused
    assert (tiny.tip(), tiny.pulls()[1]["state"]) == (base, "open")
    merged = tiny.promote("merge", "1", "--despite-policy", "agreed  with security", "--output", "json").json
    assert [(one["name"], one["passed"], one["despite"]) for one in merged["gates"]] == [
        ("policy", True, "agreed with security")
    ]
    assert "Override-Reason: policy: agreed with security" in tiny.pulls()[1]["body"].splitlines()
    assert tiny.tip() == merged["commit"]


@pytest.mark.quick
def test_what_the_pull_request_itself_denies_is_denied(tiny: Sandbox) -> None:
    def change(clone: Clone) -> None:
        clone.replace("policies/images/tag.rego", 'image.tag == "latest"', 'image.tag == "1.1.0"')

    tiny.write("promote.yaml", tiny.read("promote.yaml") + "deny: all\n")
    tiny.publish("deny all")
    propose(tiny, change)
    assert "images.tag" in tiny.promote("merge", "1", "--despite-policy", "no matter", code=3).out
    assert tiny.pulls()[1]["state"] == "open"


def test_a_pull_request_may_change_its_policy_if_it_passes_by_both(tiny: Sandbox) -> None:
    propose(tiny, lax_rule)
    merged = tiny.promote("merge", "1", "--output", "json").json
    assert (merged["gates"], merged["commit"]) == ([], tiny.tip())


@pytest.mark.parametrize(
    ("change", "file"),
    [(lax_rule, "policies/images/tag.rego"), (lambda clone: clone.write("holds.yaml", "holds: []\n"), "holds.yaml")],
)
def test_a_change_of_the_policy_alone_is_named(tiny: Sandbox, change: Callable[[Clone], None], file: str) -> None:
    """What it denied before, the next pull request may bring."""
    propose(tiny, change)
    said = tiny.promote("merge", "1").out.splitlines()
    assert f"changes the policy that judges later changes: {file}" in said


def test_rules_that_cannot_be_evaluated_are_not_merged_though_no_manifest_changes(tiny: Sandbox) -> None:
    broken = ("policies/images/tag.rego", 'image.tag == "latest"', "image.tag == nothing_of_that_name")
    propose(tiny, lambda clone: clone.replace(*broken))
    assert "nothing_of_that_name" in tiny.promote("merge", "1", code=2).err
    assert tiny.pulls()[1]["state"] == "open"


def test_a_policy_of_the_target_branch_that_nobody_can_follow_closes_the_gate(tiny: Sandbox) -> None:
    tiny.replace("policies/images/tag.rego", "# METADATA", "# METADATA\n# : [")
    tiny.publish("a broken rule")
    propose(tiny, lambda clone: clone.replace("policies/images/tag.rego", "# METADATA\n# : [", "# METADATA"))
    refused = tiny.promote("merge", "1", code=4).err
    assert "policies/images/tag.rego" in refused
    tiny.promote("merge", "1", "--despite-policy", "the rule is broken")


def test_a_schema_that_the_pull_request_brings_does_not_count(tiny: Sandbox) -> None:
    """Whoever merges may have checked the pull request out, so that its schemas are on this machine, too."""

    def change(clone: Clone) -> None:
        clone.write("base/thing.yaml", "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: thing}\n")
        clone.replace("base/kustomization.yaml", "[deployments.yaml]", "[deployments.yaml, thing.yaml]")
        clone.write("schemas/example.com/thing_v1.json", "{}")

    tiny.write("promote.yaml", tiny.read("promote.yaml") + "schemas: [schemas]\n")
    tiny.publish("schemas that are installed")
    propose(tiny, change)
    tiny.git("fetch", "--quiet", "origin")
    tiny.git("switch", "--quiet", "--detach", "origin/proposal")
    refused = tiny.promote("merge", "1", code=4).err
    assert "it passes only because it changes schemas/example.com/thing_v1.json" in refused
    assert "schema.missing: " in refused


def test_a_hold_of_the_target_branch_stays_where_the_pull_request_removes_it(tiny: Sandbox) -> None:
    tiny.promote("hold", "production", "api=1.2.0", "--reason", "it leaks")

    def change(clone: Clone) -> None:
        (clone.root / "holds.yaml").unlink()
        clone.replace(KUSTOMIZATION, '"1.1.0"', '"1.2.0"')

    propose(tiny, change)
    refused = tiny.promote("merge", "1", code=4).err
    assert "changes holds.yaml: by those of main, api: 1.2.0 is held since" in refused
    tiny.promote("merge", "1", "--despite-policy", "it leaks no longer")


def test_gates_of_both_sides_are_asked(tiny: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: SATURDAY)

    def change(clone: Clone) -> None:
        clone.replace(KUSTOMIZATION, '"1.1.0"', '"1.2.0"')
        clone.replace("promote.yaml", PRODUCTION, f"  production:\n    path: overlays/production\n{FREEZE}")

    other = propose(tiny, change)
    # Whether a version may move now is a question of the moment, and a check runs hours before the merge.
    other.promote("check", "--base", "origin/main")
    assert "production: weekend" in tiny.promote("merge", "1", code=4).err
    tiny.promote("merge", "1", "--despite-freeze", "urgent")


@pytest.mark.parametrize(
    ("settings", "key"),
    [("forge: {kind: gitea}\n", "forge.kind"), ("git: {remote: evil}\n", "git.remote")],
)
def test_the_checkout_of_a_pull_request_does_not_choose_the_forge(tiny: Sandbox, settings: str, key: str) -> None:
    propose(tiny, lambda clone: clone.replace(KUSTOMIZATION, '"1.1.0"', '"1.2.0"'))
    tiny.write("promote.yaml", tiny.read("promote.yaml") + "forge: {kind: local}\n")
    tiny.publish("the forge is fixed")
    tiny.write("promote.yaml", tiny.read("promote.yaml").replace("forge: {kind: local}\n", settings))
    tiny.git("remote", "add", "evil", str(tiny.origin))
    base = tiny.tip()
    tiny.promote(
        "merge", "1", code=2, env={"GITEA_TOKEN": "a-secret-token", "GITEA_SERVER_URL": "http://127.0.0.1:9"}
    )
    assert (tiny.tip(), tiny.pulls()[1]["state"], bool(key)) == (base, "open", True)


@pytest.mark.quick
@pytest.mark.parametrize("folder", ["/", pytest.param("lax/../..", marks=pytest.mark.thorough)])
def test_a_pull_request_does_not_take_rules_from_the_machine(tiny: Sandbox, folder: str) -> None:
    propose(tiny, lambda one: one.write("promote.yaml", one.read("promote.yaml") + f"policies: {folder}\n"))
    assert "leads outside the repository" in tiny.promote("merge", "1", "--despite-policy", "no", code=2).err


def test_the_target_branch_says_how_to_merge(tiny: Sandbox) -> None:
    def change(clone: Clone) -> None:
        clone.write("promote.yaml", clone.read("promote.yaml") + "forge: {merge: squash}\n")

    propose(tiny, change)
    tiny.promote("merge", "1")
    assert len(tiny.at_origin("log", "-1", "--format=%P", "main").split()) == 2


def test_a_pull_request_is_judged_against_its_own_base(tiny: Sandbox) -> None:
    tiny.git("push", "--quiet", "origin", "main:refs/heads/strict")
    strict = tiny.clone("strict", "--branch", "strict")
    strict.replace("policies/images/tag.rego", 'image.tag == "latest"', 'image.tag == "1.2.0"')
    strict.commit("a stricter branch")
    strict.git("push", "--quiet", "origin", "strict")
    propose(tiny, lambda clone: clone.replace(KUSTOMIZATION, '"1.1.0"', '"1.2.0"'), base="strict")
    main = tiny.tip()
    assert "images.tag" in tiny.promote("merge", "1", code=3).out
    strict.replace("policies/images/tag.rego", 'image.tag == "1.2.0"', 'image.tag == "latest"')
    strict.commit("as before")
    strict.git("push", "--quiet", "origin", "strict")
    tiny.promote("merge", "1")
    assert tiny.tip() == main
    assert '"1.2.0"' in tiny.show(branch="strict")
