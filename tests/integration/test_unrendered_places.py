"""Charts, bases in other repositories and transformers: from bump to rollback, with or without a proof."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from tests.integration.tiny import CONFIG, FILES, Tiny, git, promote

NO_PROOF = "There is no rendered proof, and no rule has judged the result: kustomize cannot build this here."
WARN = CONFIG.replace("staging}", "staging, unrendered: warn}").replace(
    "production}", "production, unrendered: warn}"
)
CHART = """\
# ENVIRONMENT
helmCharts:
  - name: shop
    repo: https://charts.example.com/team
    version: CHART
    releaseName: web
    valuesFile: values.yaml
"""
VALUES = "image:\n  repository: shop/web\n  tag: VERSION  # of web\nreplicas: 2\n"
REMOTE = (
    "resources:\n- ../../base\n- https://git.example.com/team/library//deploy?ref=VERSION&timeout=90s  # library\n"
)
TRANSFORMER = """\
apiVersion: builtin
kind: ImageTagTransformer
metadata: {name: web}
imageTag:
  name: shop/web
  newName: registry.example.com/web  # ours
  newTag: VERSION
"""


@dataclass(frozen=True)
class Kind:
    """Files of each environment with ENVIRONMENT, VERSION and CHART, which of them has the version, and its name.

    `before` is what each version begins with.
    """

    files: Mapping[str, str]
    place: str = "kustomization.yaml"
    name: str = "web"
    is_rendered: bool = False
    base: Mapping[str, str] = field(default_factory=dict)
    before: str = ""


KINDS = {
    "values of a chart": Kind(
        {"kustomization.yaml": CHART.replace("CHART", "1.0.0"), "values.yaml": VALUES}, "values.yaml"
    ),
    "chart": Kind(
        {"kustomization.yaml": CHART.replace("CHART", "VERSION"), "values.yaml": "replicas: 2\n"}, name="team/shop"
    ),
    "remote base": Kind({"kustomization.yaml": REMOTE}, name="library"),
    "branch of a remote base": Kind(
        {"kustomization.yaml": REMOTE.replace("VERSION", "release/VERSION")}, name="library", before="release/"
    ),
    "transformer": Kind(
        {"kustomization.yaml": "resources: [../../base]\ntransformers: [web.yaml]\n", "web.yaml": TRANSFORMER},
        "web.yaml",
        is_rendered=True,
    ),
}  # fmt: skip


def commit(clone: Tiny, kind: Kind, staging: str, production: str) -> None:
    files = {"promote.yaml": WARN + "forge: {kind: local}\n"}
    for environment, version in (("staging", staging), ("production", production)):
        for name, text in kind.files.items():
            filled = text.replace("ENVIRONMENT", environment).replace("VERSION", version)
            files[f"overlays/{environment}/{name}"] = filled
    clone.commit(files)


@pytest.mark.parametrize("name", KINDS)
def test_from_bump_to_rollback(clone: Tiny, capfd: pytest.CaptureFixture[str], name: str) -> None:
    kind = KINDS[name]
    commit(clone, kind, "1.1.0", "1.0.0")
    place = f"overlays/production/{kind.place}"
    before = git(clone.origin, "show", f"main:{place}")
    old, now, new = (kind.before + version for version in ("1.0.0", "1.1.0", "1.2.0"))
    said = f"web: {now} in staging, {old} in production" if kind.name == "web" else f"{now} in staging, {old} in"
    assert said in promote(capfd, "drift", "staging", "production", code=1)
    promote(capfd, "bump", "staging", f"{kind.name.rpartition('/')[2]}={new}", "--commit")
    text = promote(capfd, "plan", "staging", "production")
    assert f"{old} → {new}" in text
    assert (NO_PROOF in text) is not kind.is_rendered
    answer = json.loads(promote(capfd, "staging", "production", "--output", "json"))
    promote(capfd, "merge", str(answer["pull_request"]["number"]))
    assert git(clone.origin, "show", f"main:{place}") == before.replace(old, new)
    assert git(clone.origin, "diff", "--name-only", "main~1", "main").split() == [place]
    git(clone.root, "fetch", "--quiet", "origin")
    promote(capfd, "verify", "origin/main", code=0 if kind.is_rendered else 3)
    assert "same versions" in promote(capfd, "drift", "staging", "production")
    assert new in promote(capfd, "history", "production", kind.name.rpartition("/")[2])
    text = promote(capfd, "rollback", "production", kind.name.rpartition("/")[2], "--reason", "slow")
    assert (NO_PROOF in text) is not kind.is_rendered
    assert git(clone.origin, "show", f"main:{place}") == before
    assert "is held" in promote(capfd, "staging", "production", code=4)


def drift(capfd: pytest.CaptureFixture[str], clone: Tiny, name: str, old: str, new: str, code: int = 1) -> str:
    """What `drift` says where a file of staging has another text than that of production."""
    file = f"overlays/staging/{name}"
    text = (clone.root / file).read_text()
    assert old in text
    clone.commit({file: text.replace(old, new)})
    return promote(capfd, "drift", "staging", "production", code=code)


CHARTED = "charts.example.com/team/shop"


@pytest.mark.quick
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("replicas: 2", "replicas: 3", ""),
        ("  tag:", "  pullPolicy: Always\n  tag:", ""),
        ("replicas", "sidecarVersion: 3\nreplicas", f"{CHARTED} sidecarVersion: 3 in staging, none in production"),
        ("tag: v1", "tag: 2.50", f"{CHARTED} image.tag: 2.50 in staging, none in production"),
    ],
)
def test_what_only_a_chart_knows_is_no_silent_same(
    clone: Tiny, capfd: pytest.CaptureFixture[str], old: str, new: str, said: str
) -> None:
    commit(clone, KINDS["values of a chart"], "v1", "v1")
    text = drift(capfd, clone, "values.yaml", old, new, code=1 if said else 0)
    assert said in text
    assert ("same versions" in text) is not bool(said)


def test_an_unread_remote_is_no_silent_same(clone: Tiny, capfd: pytest.CaptureFixture[str]) -> None:
    commit(clone, KINDS["remote base"], "1.0", "1.0")
    assert "same versions" in promote(capfd, "drift", "staging", "production")
    assert "could not be compared" in drift(capfd, clone, "kustomization.yaml", "?ref=1.0", "?ref=release%2F1.0")


@pytest.mark.parametrize(("kind", "is_same"), [("PatchTransformer", False), ("LabelTransformer", True)])
def test_a_transformer_that_is_not_followed_is_no_silent_same(
    clone: Tiny, capfd: pytest.CaptureFixture[str], kind: str, is_same: bool
) -> None:
    commit(clone, KINDS["remote base"], "1.0", "1.0")
    lines = f"apiVersion: builtin\n  kind: {kind}\n  metadata: {{name: image}}\n"
    added = f"transformers:\n- |\n  {lines}resources:\n"
    text = drift(capfd, clone, "kustomization.yaml", "resources:\n", added, code=0 if is_same else 1)
    assert ("could not be compared" in text) is not is_same


def test_without_the_setting_nothing_moves(clone: Tiny, capfd: pytest.CaptureFixture[str]) -> None:
    commit(clone, KINDS["remote base"], "1.1", "1.0")
    clone.commit({"promote.yaml": CONFIG})
    advice = "or `unrendered: warn` for this environment in promote.yaml moves versions without a rendered proof"
    for command in (["bump", "production", "library=1.1"], ["plan", "staging", "production"]):
        said = promote(capfd, *command, code=2)
        assert "is a remote reference" in said
        assert advice in said
    # Where it is set, nobody needs the advice.
    clone.commit({"promote.yaml": WARN})
    assert "`unrendered: warn`" not in promote(capfd, "plan", "staging", "production")


@pytest.mark.parametrize(
    "line",
    [
        "components: ['https://example.invalid/team/library//deploy?ref=v1']",
        "helmCharts: [{name: x}]",
        "generators: ['{apiVersion: viaduct.ai/v1, kind: ksops, metadata: {name: secret}}']",
        "secretGenerator: [{name: key, envs: [.env.key]}]",
    ],
)
def test_advice_is_given_only_where_it_is_not_followed(
    clone: Tiny, capfd: pytest.CaptureFixture[str], line: str
) -> None:
    production = "overlays/production/kustomization.yaml"
    clone.write({production: f"{FILES[production]}{line}\n"})
    denied = promote(capfd, "check", "production", code=2)
    assert "`unrendered: warn` for this environment in promote.yaml moves versions" in denied
    clone.write({"promote.yaml": WARN})
    warned = promote(capfd, "check", "production")
    problem = denied.partition("overlays/production/kustomization.yaml:")[2].partition(":")[2][:60]
    assert problem in warned
    assert "`unrendered: warn`" not in warned


def test_a_base_that_the_target_lacks_is_not_added(clone: Tiny, capfd: pytest.CaptureFixture[str]) -> None:
    commit(clone, KINDS["remote base"], "1.1", "1.0")
    clone.commit({"overlays/production/kustomization.yaml": FILES["overlays/production/kustomization.yaml"]})
    text = promote(capfd, "plan", "staging", "production", "--add")
    assert "production has no base or chart git.example.com/team/library: left out" in text
    assert "library: 1.1 in staging, none in production" in promote(capfd, "drift", "staging", "production", code=1)


FROZEN = 'gates: {freeze: [{start: "Monday 00:00", end: "Sunday 23:59", timezone: UTC, reason: audit}]}'


@pytest.mark.parametrize("staging", ["", "helmCharts: [{name: x}]\n"])
def test_a_version_that_environments_share_counts_for_all_of_them(
    clone: Tiny, capfd: pytest.CaptureFixture[str], staging: str
) -> None:
    shared = REMOTE.replace("../../base", "web.yaml").replace("VERSION", "1.0")
    staging = f"resources: [../../base]\n{staging}"
    overlays = {f"overlays/{one}/kustomization.yaml": staging for one in ("staging", "production")}
    clone.commit({"promote.yaml": WARN + "forge: {kind: local}\n", "base/kustomization.yaml": shared, **overlays})
    text = promote(capfd, "bump", "staging", "library=1.1", "--dry-run")
    assert "also changes production, which is built from base/kustomization.yaml too" in text
    clone.commit({"promote.yaml": WARN.replace("n: {", f"n: {{{FROZEN}, ")})
    assert "production: audit" in promote(capfd, "bump", "staging", "library=1.1", "--commit", code=4)
    clone.commit({"promote.yaml": CONFIG.replace("g}", "g, unrendered: warn}")})
    assert "production would change unrendered, too" in promote(capfd, "bump", "staging", "library=1.1", code=2)


def test_an_environment_that_cannot_be_rendered_has_its_gates_asked_by_one_that_can(
    clone: Tiny, capfd: pytest.CaptureFixture[str]
) -> None:
    base = {"base/web.yaml": FILES["base/web.yaml"].replace("image: shop/web", "image: 'shop/web:1.0'")}
    overlay = "resources: [../../base]\n"
    staging, production = (f"overlays/{one}/kustomization.yaml" for one in ("staging", "production"))
    config = {"promote.yaml": CONFIG.replace("n: {", f"n: {{unrendered: warn, {FROZEN}, ") + "forge: {kind: local}\n"}
    clone.commit({**config, **base, staging: overlay, production: overlay + "helmCharts: [{name: x}]\n"})
    assert "production: audit" in promote(capfd, "bump", "staging", "web=1.1", "--commit", code=4)
    text = promote(capfd, "bump", "staging", "web=1.1", "--commit", "--despite-freeze", "agreed")
    assert "also changes production, which is built from base/web.yaml too" in text


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("values.yaml", "replicas: 2", "replicas: 9"),
        ("values.yaml", "  # of web", ""),
        ("kustomization.yaml", "releaseName: web", "releaseName: other"),
        ("kustomization.yaml", "valuesFile", "# valuesFile"),
    ],
)
def test_a_merge_that_changes_more_than_versions_is_refused(
    clone: Tiny,
    capfd: pytest.CaptureFixture[str],
    file: str,
    old: str,
    new: str,
) -> None:
    commit(clone, KINDS["values of a chart"], "1.1.0", "1.0.0")
    number = json.loads(promote(capfd, "staging", "production", "--output", "json"))["pull_request"]["number"]
    branch = "promote/staging-to-production"
    git(clone.root, "fetch", "--quiet", "origin")
    git(clone.root, "checkout", "--quiet", "-B", "more", f"origin/{branch}")
    path = f"overlays/production/{file}"
    clone.commit({path: (clone.root / path).read_text().replace(old, new)}, push=False)
    git(clone.root, "push", "--quiet", "origin", f"HEAD:{branch}")
    promote(capfd, "merge", str(number), code=2)
