from __future__ import annotations

from dataclasses import replace

from promote.checks import causes
from promote.checks.findings import Finding, Verdict, Waiver
from promote.model import Identity, Source
from promote.output import verdicts

WEB, API = Identity("apps/v1", "Deployment", "shop", "web"), Identity("apps/v1", "Deployment", "shop", "api")
SHOP = Identity("v1", "Namespace", "", "shop")
SAID = "Deployment/web: container server has no profile"
FOUND = Finding("workloads.seccomp", "deny", "staging", WEB, SAID, "set it",
                "server", Source("base/server.yaml", 12))  # fmt: skip
OTHER = replace(FOUND, resource=API, message="Deployment/api: container server has no profile")


def merged(*findings: Finding) -> tuple[Finding, ...]:
    return causes.merged(Verdict((), findings)).findings


def test_the_same_field_in_the_same_line_is_one_finding_with_its_objects() -> None:
    (one,) = merged(FOUND, OTHER)
    assert one == replace(
        FOUND, message="Deployment/web: container server has no profile (and Deployment/api)", objects=(WEB, API)
    )
    found = verdicts.finding_json(one)
    assert [who["name"] for who in found["objects"]] == ["web", "api"]
    assert found["resource"]["name"] == "web"
    assert "objects" not in verdicts.finding_json(FOUND)


def test_many_objects_are_not_all_named() -> None:
    names = [f"web-{number}" for number in range(6)]
    found = [
        replace(FOUND, resource=replace(WEB, name=name), message=FOUND.message.replace("web", name)) for name in names
    ]
    (one,) = merged(*found)
    assert one.message.endswith("(and Deployment/web-1, Deployment/web-2, Deployment/web-3 and 2 more)")
    assert len(one.objects) == 6


def test_other_causes_stay_apart() -> None:
    for other in (
        replace(OTHER, rule="workloads.probes"),
        replace(OTHER, level="warn"),
        replace(OTHER, target="production"),
        replace(OTHER, container="proxy"),
        replace(OTHER, source=Source("base/server.yaml", 13)),
        replace(OTHER, status="new"),
        replace(OTHER, waiver=Waiver("a", "b", "c", "2026-01-01")),
        replace(OTHER, message="Deployment/api: container server has another fault"),
        replace(OTHER, source=None),
    ):
        assert merged(FOUND, other) == (FOUND, other)
    nowhere = replace(FOUND, source=None)
    assert merged(nowhere, replace(OTHER, source=None)) == (nowhere, replace(OTHER, source=None))


def test_what_a_namespace_lacks_is_said_once() -> None:
    faults = [
        replace(FOUND, resource=SHOP, container="", rule="namespaces.pod_security", source=Source("a.yaml", line),
                message=f"Namespace/shop: {name} is missing", fix=f"add {name}")
        for line, name in enumerate(["audit", "enforce"], 1)
    ]  # fmt: skip
    (one,) = merged(*faults)
    assert (one.message, one.fix, one.objects) == (
        "Namespace/shop: audit is missing; enforce is missing",
        "add audit; add enforce",
        (),
    )


def test_people_read_what_several_targets_share_once() -> None:
    both = Verdict((), (FOUND, replace(FOUND, target="production")))
    text = verdicts.verdict_text(both)
    assert text[:3] == [
        "DENY  workloads.seccomp  base/server.yaml:12",
        "      Deployment/web: container server has no profile",
        "      in staging, production",
    ]
    assert sum(line.startswith("DENY") for line in text) == 1
    assert len(verdicts.verdict_json(both)["findings"]) == 2
