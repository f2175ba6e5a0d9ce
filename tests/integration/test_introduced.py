"""A change of versions is stopped by the findings that it introduces, not by those that were there before."""

from __future__ import annotations

import pytest

from tests.integration.sandbox import BRANCH, KUSTOMIZATION, Sandbox

DEPLOYMENTS = "base/deployments.yaml"
PLAIN = "containers: [{name: web, image: shop/web}]"
# A fault that no change of versions in this file causes or removes.
FAULTY = "containers: [{name: web, image: shop/web}, {name: proxy, image: envoy:latest}]"
# Denies version 1.1.0 of the API beside the annotation that came later.
PAIR = """\
# METADATA
# title: Version 1.1.0 of the API cannot read the new format
# description: The format came with 1.2.0.
# custom:
#   id: shop.format
#   profile: baseline
#   severity: high
#   subjects: containers
#   fix: keep the format
#   docs: https://example.com/format
package rules.shop.format

import data.lib.finding
import data.lib.pods

deny contains found if {
	some container in pods.containers
	container.content.image == "shop/api:1.1.0"
	container.pod.resource.content.metadata.annotations.format == "new"
	said := {"msg": "cannot read the new format", "fix": "keep the format", "path": "/image"}
	found := finding.about_container(container, said)
}
"""


@pytest.fixture
def faulty(tiny: Sandbox) -> Sandbox:
    """A repository whose environments both have one denial."""
    tiny.replace(DEPLOYMENTS, PLAIN, FAULTY)
    tiny.publish("add a proxy")
    assert "images.tag" in tiny.promote("check", "production", code=3).out
    return tiny


def test_what_was_there_before_stops_nothing_and_is_counted(faulty: Sandbox) -> None:
    done = faulty.promote("bump", "production", "api=1.3.0", "--commit")
    assert "1 finding was there before: `promote check production` lists them" in done.out
    assert "envoy" not in done.out
    assert '"1.3.0"' in faulty.show(branch="main")


def test_a_promotion_and_its_merge_pass_what_was_there_before(faulty: Sandbox) -> None:
    answer = faulty.promote("staging", "production", "--output", "json").json
    assert [(one["rule"], one["status"]) for one in answer["findings"]] == [("images.tag", "old")]
    faulty.promote("merge", "1")
    assert '"1.2.0"' in faulty.show(branch="main")


WIDGET = "{apiVersion: example.com/v1, kind: Widget, metadata: {name: one}, spec: {size: 1}}"


@pytest.fixture
def unseen(tiny: Sandbox) -> Sandbox:
    """A repository with an environment that renders nothing, and an object that no schema is for."""
    environments = "environments:\n  empty: {path: overlays/empty}\n"
    tiny.replace("promote.yaml", "environments:\n", environments)
    tiny.write("overlays/empty/kustomization.yaml", "resources: []\n")
    tiny.write("base/widget.yaml", WIDGET)
    tiny.replace("base/kustomization.yaml", "[deployments.yaml]", "[deployments.yaml, widget.yaml]")
    tiny.publish("add what is not seen")
    tiny.promote("staging", "production")
    return tiny


def test_a_merge_passes_what_was_not_seen_before_either(unseen: Sandbox) -> None:
    unseen.git("fetch", "--quiet")
    unseen.git("checkout", "--quiet", "-b", BRANCH, f"origin/{BRANCH}")
    unseen.write("overlays/empty/kustomization.yaml", "resources: []  # looked at again\n")
    unseen.git("commit", "--quiet", "--all", "--message", "change nothing")
    unseen.git("push", "--quiet", "origin", BRANCH)
    done = unseen.promote("merge", "1")
    assert "empty: 0 documents rendered" in done.out
    assert "(new)" not in done.out
    assert '"1.2.0"' in unseen.show(branch="main")


def test_a_merge_that_leaves_something_unseen_is_denied(unseen: Sandbox) -> None:
    unseen.git("fetch", "--quiet")
    unseen.git("checkout", "--quiet", "-b", BRANCH, f"origin/{BRANCH}")
    unseen.write("overlays/staging/kustomization.yaml", "resources: []\n")
    unseen.write("base/widget.yaml", WIDGET.replace("size: 1", "size: 2"))
    unseen.git("commit", "--quiet", "--all", "--message", "render nothing")
    unseen.git("push", "--quiet", "origin", BRANCH)
    denied = unseen.promote("merge", "1", code=3).out
    assert "check.nothing  (new)\n      staging: no document was rendered" in denied
    assert "schema.missing  base/widget.yaml:1  (new)\n      Widget/shop-production/one" in denied
    assert '"1.1.0"' in unseen.show(branch="main")


@pytest.mark.quick
def test_what_a_change_introduces_stops_it(faulty: Sandbox) -> None:
    before = faulty.tip()
    done = faulty.promote("bump", "production", "api=latest", "--commit", code=3)
    assert "images.tag" in done.err
    assert "shop/api" in done.err
    assert faulty.tip() == before


def test_a_team_with_clean_manifests_can_deny_everything(faulty: Sandbox) -> None:
    faulty.write("promote.yaml", faulty.read("promote.yaml") + "deny: all\n")
    faulty.publish("deny all")
    done = faulty.promote("bump", "production", "api=1.3.0", "--commit", code=3)
    assert "envoy" in done.err


def ran(shop: Sandbox, version: str) -> None:
    """Another version of the API reaches production, past the checks."""
    old = next(line for line in shop.read(KUSTOMIZATION).splitlines() if "# the API" in line)
    shop.replace(KUSTOMIZATION, old, f'    newTag: "{version}"  # the API')
    shop.publish(f"run {version}")


def test_a_rollback_brings_back_what_was_denied_then(tiny: Sandbox) -> None:
    ran(tiny, "latest")
    ran(tiny, "1.2.0")
    tiny.promote("rollback", "production", "api")
    assert '"latest"' in tiny.show(branch="main")


def test_a_rollback_brings_back_what_the_base_said_then(tiny: Sandbox) -> None:
    """The item of `images:` that --add made is newer than the version that it replaced."""
    tiny.replace(DEPLOYMENTS, "image: shop/api", "image: shop/api:latest")
    tiny.write("overlays/eu/kustomization.yaml", "namespace: shop-eu\nresources: [../../base]\n")
    tiny.replace("promote.yaml", "kubernetes:", "  eu: {path: overlays/eu}\nkubernetes:")
    tiny.publish()
    tiny.promote("bump", "eu", "api=1.1.0", "--add", "--commit")
    assert "newTag: 1.1.0" in tiny.show("overlays/eu/kustomization.yaml", "main")
    tiny.promote("rollback", "eu", "api")
    assert "newTag: latest" in tiny.show("overlays/eu/kustomization.yaml", "main")


def test_a_rollback_with_a_new_finding_needs_a_reason(tiny: Sandbox) -> None:
    ran(tiny, "1.2.0")
    tiny.write("policies/shop/format.rego", PAIR)
    tiny.replace(DEPLOYMENTS, "metadata: {name: api}", "metadata: {name: api, annotations: {format: new}}")
    tiny.publish("write the new format")
    refused = tiny.promote("rollback", "production", "api", code=3)
    assert "cannot read the new format" in refused.err
    assert "--despite-findings REASON" in refused.err
    empty = tiny.promote("rollback", "production", "api", "--despite-findings", " ", code=2)
    assert "--despite-findings needs a reason" in empty.err
    tiny.promote("rollback", "production", "api", "--despite-findings", "1.2.0 loses orders")
    assert '"1.1.0"' in tiny.show(branch="main")
    assert "Override-Reason: findings: 1.2.0 loses orders" in tiny.at_origin("log", "-1", "--format=%B", "main")


def test_an_order_that_nobody_wrote_down_only_warns(tiny: Sandbox) -> None:
    """The rules of the package, in their default profile: a stranger's first bump is not refused for the order."""
    tiny.git("rm", "-rq", "policies")
    tiny.publish("no rules of its own")
    done = tiny.promote("bump", "production", "api=0.9.0", "--commit", "--output", "json").json
    levels = {(one["rule"], one["level"]) for one in done["findings"] if one["rule"].startswith("change.")}
    assert {("change.downgrade", "warn"), ("change.untried", "warn")} <= levels
