"""The account that delivery/reader describes may read exactly what the commands ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.cluster_objects import KINDS, application, argo, fluxcd, kustomization
from tests.integration.cluster_server import ClusterServer, Read
from tests.integration.sandbox import Sandbox
from tests.integration.test_status_live import NAMESPACE, PATH, Shop
from tests.manifests.render import REPOSITORY, Render, render

pytestmark = pytest.mark.quick

Allowed = tuple[str, str, str, str]


def _reader(engine: str) -> Render:
    return render(REPOSITORY / "delivery/reader" / engine)


def _rules(found: Render, kind: str, namespace: str) -> set[Allowed]:
    [role] = [one for one in found.kind(kind) if one["metadata"].get("namespace", "") == namespace]
    return {
        (verb, group, plural, name)
        for rule in role["rules"]
        for verb in rule["verbs"]
        for group in rule["apiGroups"]
        for plural in rule["resources"]
        for name in rule.get("resourceNames", [""])
    }


def _asked(reads: list[Read], namespace: str) -> set[Allowed]:
    """What was asked in a namespace; the name only where one object is always meant."""
    fixed = {"argocd-cmd-params-cm", "kustomize-controller"}
    return {
        (one.verb, one.group, one.plural, one.name if one.name in fixed else "")
        for one in reads
        if one.namespace == namespace
    }


@pytest.mark.slow
@pytest.mark.parametrize(("engine", "namespace"), [("argocd", "argocd"), ("flux", "flux-system")])
def test_the_reader_may_read_exactly_what_is_asked_for(
    tiny: Sandbox, tmp_path: Path, engine: str, namespace: str
) -> None:
    with ClusterServer() as server:
        shop = Shop(tiny, server, tmp_path)
        shop.run()
        server.serve(*KINDS)
        # As for this account: it may not look for the engine's objects everywhere.
        server.forbidden |= {("applications", ""), ("kustomizations", "")}
        if engine == "argocd":
            argo(server, application(PATH, tiny.tip()))
            server.forbidden.add(("kustomizations", "flux-system"))
        else:
            fluxcd(server, kustomization(f"./{PATH}", tiny.tip()))
            server.forbidden.add(("applications", "argocd"))
        config = str(server.kubeconfig(tmp_path))
        for command in (["status", "production", "--live"], ["health", "production"], ["deploy", "production"]):
            tiny.promote(*command, "--kubeconfig", config)
    assert server.violations == []
    assert _asked(server.reads, NAMESPACE) == _rules(_reader(engine), "ClusterRole", "")
    assert _asked(server.reads, namespace) == _rules(_reader(engine), "Role", namespace)


@pytest.mark.parametrize("engine", ["argocd", "flux"])
def test_the_reader_can_write_nothing_and_read_no_secret(engine: str) -> None:
    found = _reader(engine)
    rules = [rule for role in found.kind("ClusterRole", "Role") for rule in role["rules"]]
    assert {verb for rule in rules for verb in rule["verbs"]} <= {"get", "list"}
    assert {plural for rule in rules for plural in rule["resources"]} & {"secrets", "*"} == set()
    assert found.kind("ClusterRoleBinding") == []
