from __future__ import annotations

from pathlib import Path

import pytest

from promote.git.checkout import CheckoutFiles
from promote.kustomize.closure import closure
from tests.manifests.render import (
    CLUSTER_SCOPED,
    ENVIRONMENTS,
    REPOSITORY,
    Object,
    Render,
    identity,
    name_of,
    overlay,
    render,
)
from tests.policies.evaluation import POLICIES, evaluate

ADDRESS = "https://git.example.com/mediq/environments.git"
both = pytest.mark.parametrize("environment", ENVIRONMENTS)


def _argocd() -> Render:
    return render(REPOSITORY / "delivery/argocd")


def _flux() -> Render:
    return render(REPOSITORY / "delivery/flux")


def _group(item: Object) -> str:
    return str(item["apiVersion"].rpartition("/")[0])


def _rendered_kinds() -> set[tuple[str, str]]:
    everything = [each for environment in ENVIRONMENTS for each in overlay(environment).objects]
    return {(_group(each), each["kind"]) for each in everything if each["kind"] not in CLUSTER_SCOPED}


def test_the_project_allows_exactly_what_is_rendered() -> None:
    project = _argocd().one("AppProject", "mediq")["spec"]
    allowed = {(each["group"], each["kind"]) for each in project["namespaceResourceWhitelist"]}
    assert allowed == _rendered_kinds()
    assert {(each["group"], each["kind"], each["name"]) for each in project["clusterResourceWhitelist"]} == {
        (_group(each), each["kind"], name_of(each))
        for environment in ENVIRONMENTS
        for each in overlay(environment).kind(*CLUSTER_SCOPED)
    }


def test_the_project_knows_one_repository_and_two_namespaces() -> None:
    project = _argocd().one("AppProject", "mediq")["spec"]
    assert project["sourceRepos"] == [ADDRESS]
    assert project["destinations"] == [
        {"server": "https://kubernetes.default.svc", "namespace": f"mediq-{each}"} for each in ENVIRONMENTS
    ]


@both
def test_an_application_is_pinned_to_its_environment(environment: str) -> None:
    application = _argocd().one("Application", f"mediq-{environment}")
    spec = application["spec"]
    assert spec["project"] == "mediq"
    assert spec["source"] == {"repoURL": ADDRESS, "targetRevision": "main", "path": f"overlays/{environment}"}
    assert spec["destination"] == {
        "server": "https://kubernetes.default.svc",
        "namespace": f"mediq-{environment}",
    }
    assert "finalizers" not in application["metadata"]


@both
def test_an_application_syncs_prunes_and_heals_by_itself(environment: str) -> None:
    policy = _argocd().one("Application", f"mediq-{environment}")["spec"]["syncPolicy"]
    assert policy["automated"] == {"enabled": True, "prune": True, "selfHeal": True, "allowEmpty": False}
    # Without server-side apply, nobody would reject an unknown field.
    assert {"ServerSideApply=true", "Validate=false"} <= set(policy["syncOptions"])
    assert "CreateNamespace=false" in policy["syncOptions"]


def test_no_object_is_replaced_instead_of_applied() -> None:
    """With Validate=false, the API server drops unknown fields of what is replaced, without an error."""
    options = "argocd.argoproj.io/sync-options"
    found = {
        each["metadata"].get("annotations", {}).get(options, "")
        for name in ENVIRONMENTS
        for each in overlay(name).objects
    }
    assert not [each for each in found if "Replace" in each or "ServerSideApply=false" in each]


@both
def test_flux_unpacks_all_that_an_environment_is_built_from(environment: str) -> None:
    everything, *kept = _flux().one("GitRepository", "mediq")["spec"]["ignore"].split()
    assert everything == "/*"
    names = [str(file.relative_to(REPOSITORY)) for each in kept for file in (REPOSITORY / each[2:]).rglob("*")]
    with CheckoutFiles(REPOSITORY, names) as files:
        read = closure(files, f"overlays/{environment}")
    assert read
    assert {path.partition("/")[0] for path in read} == {"base", "components", "overlays"}
    # What applies windows of promote.yaml, as docs/gates.md says.
    assert "!/delivery" in kept


@both
def test_flux_reconciles_each_environment_by_its_own_account(environment: str) -> None:
    source = _flux().one("GitRepository", "mediq")
    assert (source["spec"]["url"], source["spec"]["ref"]) == (ADDRESS, {"branch": "main"})
    items = [each for each in _flux().kind("Kustomization") if name_of(each).startswith(f"mediq-{environment}-")]
    expected = {
        "path": f"./overlays/{environment}",
        "serviceAccountName": f"mediq-{environment}",
        "sourceRef": {"kind": "GitRepository", "name": name_of(source)},
        "prune": True,
        "wait": True,
        "deletionPolicy": "Orphan",
    }
    assert items
    for item in items:
        assert item["metadata"]["namespace"] == "flux-system"
        assert {key: item["spec"].get(key) for key in expected} == expected
        others = item["spec"].keys() - expected.keys() - {"dependsOn", "healthCheckExprs"}
        assert others == {"interval", "retryInterval", "timeout", "patches", "suspend"}
    assert (REPOSITORY / "overlays" / environment / "kustomization.yaml").is_file()
    assert ("ServiceAccount", "flux-system", f"mediq-{environment}") in map(identity, _flux().objects)


@both
def test_flux_waits_long_only_where_that_takes_long(environment: str) -> None:
    prefix = f"mediq-{environment}-"
    found = {name_of(each).removeprefix(prefix): each["spec"] for each in _flux().kind("Kustomization")}
    timeouts = {tier: spec["timeout"] for tier, spec in found.items() if not tier.startswith("mediq-")}
    assert {tier: value for tier, value in timeouts.items() if value != "5m"} == {
        "datastores": "15m",
        "services": "10m",
    }
    assert {(spec["interval"], spec["retryInterval"]) for spec in found.values()} == {("3m", "30s")}


@both
def test_flux_waits_for_every_kind_without_the_condition_ready(environment: str) -> None:
    expressions = _flux().one("Kustomization", f"mediq-{environment}-foundation")["spec"]["healthCheckExprs"]
    assert [(each["apiVersion"], each["kind"]) for each in expressions] == [("bitnami.com/v1alpha1", "SealedSecret")]


def test_flux_is_notified_of_a_push_and_reports_every_failure() -> None:
    notifications = render(REPOSITORY / "delivery/flux/notifications")
    source = {"kind": "GitRepository", "name": name_of(_flux().one("GitRepository", "mediq"))}
    receiver = notifications.one("Receiver", "mediq")["spec"]
    assert (receiver["type"], receiver["resources"]) == ("github", [source])
    alert, provider = notifications.one("Alert", "mediq")["spec"], notifications.one("Provider", "mediq")
    assert alert["providerRef"] == {"name": name_of(provider)}
    assert alert["eventSources"] == [source, {"kind": "Kustomization", "name": "*"}]
    assert {each["metadata"]["namespace"] for each in notifications.objects} == {"flux-system"}


@both
def test_an_account_of_flux_reaches_its_own_namespace_only(environment: str) -> None:
    subject = {"kind": "ServiceAccount", "name": f"mediq-{environment}", "namespace": "flux-system"}
    bindings = _flux().kind("RoleBinding", "ClusterRoleBinding")
    assert {
        (each["metadata"].get("namespace"), each["roleRef"]["name"])
        for each in bindings
        if subject in each["subjects"]
    } == {
        (f"mediq-{environment}", "mediq-deployer"),
        (None, f"mediq-{environment}-cluster"),
        (None, f"mediq-{environment}-cluster-roles"),
    }


@both
def test_an_account_of_flux_reaches_its_own_objects_outside_of_the_namespace_only(environment: str) -> None:
    # Roles have a grant of their own, because whoever manages them must hold what they grant.
    others = [kind for kind in CLUSTER_SCOPED if not kind.startswith("ClusterRole")]
    rules = _flux().one("ClusterRole", f"mediq-{environment}-cluster")["rules"]
    assert {
        (rule["apiGroups"][0], rule["resources"][0], name) for rule in rules for name in rule["resourceNames"]
    } == {(_group(each), _plural(each["kind"]), name_of(each)) for each in overlay(environment).kind(*others)}
    assert all(len(rule["apiGroups"]) == len(rule["resources"]) == 1 for rule in rules)
    (namespaces,) = (rule for rule in rules if rule["resources"] == ["namespaces"])
    assert not {"create", "delete"} & set(namespaces["verbs"])


@both
def test_an_account_of_flux_manages_its_own_cluster_roles_only(environment: str) -> None:
    managing, _ = _flux().one("ClusterRole", f"mediq-{environment}-cluster-roles")["rules"]
    assert managing["apiGroups"] == ["rbac.authorization.k8s.io"]
    assert set(managing["resources"]) == {
        _plural(each["kind"]) for each in overlay(environment).kind("ClusterRole", "ClusterRoleBinding")
    }
    assert set(managing["resourceNames"]) == {
        name_of(each) for each in overlay(environment).kind("ClusterRole", "ClusterRoleBinding")
    }
    assert {"get", "create", "patch"} <= set(managing["verbs"])


@both
def test_an_account_of_flux_holds_whatever_it_grants(environment: str) -> None:
    deployer = _permissions(_flux().one("ClusterRole", "mediq-deployer"))
    for role in overlay(environment).kind("Role"):
        assert _permissions(role) <= deployer, name_of(role)
    everywhere = _permissions(_flux().one("ClusterRole", f"mediq-{environment}-cluster-roles"))
    for role in overlay(environment).kind("ClusterRole"):
        assert _permissions(role) <= everywhere, name_of(role)


@both
def test_an_account_of_flux_may_escalate_nothing(environment: str) -> None:
    for role in _flux().kind("ClusterRole"):
        verbs = {verb for _, _, verb in _permissions(role)}
        assert verbs & {"*", "bind", "escalate", "impersonate"} == set(), name_of(role)


def _permissions(role: Object) -> set[tuple[str, str, str]]:
    return {
        (group, resource, verb)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def test_flux_may_manage_exactly_what_is_rendered() -> None:
    manageable = {
        (group, resource)
        for rule in _flux().one("ClusterRole", "mediq-deployer")["rules"]
        if "patch" in rule["verbs"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }
    assert manageable == {(group, _plural(kind)) for group, kind in _rendered_kinds()}


def _plural(kind: str) -> str:
    word = kind.lower()
    return f"{word[:-1]}ies" if word.endswith("y") else f"{word}es" if word.endswith("s") else f"{word}s"


def test_the_rules_object_to_nothing(tmp_path: Path) -> None:
    objects = [*_argocd().objects, *_flux().objects, *render(REPOSITORY / "delivery/flux/notifications").objects]
    report = evaluate(objects, tmp_path, data=POLICIES / "data")
    assert (report.documents, report.findings) == (len(objects), ())
