"""The same denials in a small kustomization, one at a time where they would hide each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.checking import Checked, Repository

pytestmark = pytest.mark.quick

FILE = "kustomization.yaml"
GENERATOR = """\
secretGenerator:
  - name: token
    literals:
      - TOKEN=not-so-secret
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    repository = Repository.small(tmp_path_factory.mktemp("small"))
    repository.edit("cart.yaml", "            allowPrivilegeEscalation: false\n", "            runAsNonRoot: false\n")
    repository.edit("cart.yaml", "      containers:\n", "      initContainers:\n        - {name: wait, image: wait}\n"
                    "      containers:\n")  # fmt: skip
    repository.edit("cart.yaml", "spec:\n  selector:", "spec:\n  replica: 2\n  selector:")
    repository.edit("cart.yaml", "port: 8080}}\n          readiness", "port: [http]}}\n          readiness")
    repository.edit(
        "policies.yaml", "policyTypes: [Ingress, Egress]", "policyTypes: [Ingress]\n  ingress: [{from: [{}]}]"
    )
    repository.edit(FILE, '    newTag: "1.2.3"\n', "    newTag: latest\n")
    repository.edit(FILE, "    digest: sha256:dc6c016c7b466a3f4a94bd76087fec3b0fd3949908e9ddb57e1cd1637dbb2045\n", "")
    repository.append(FILE, GENERATOR)
    return repository


@pytest.fixture(scope="module")
def found(small: Repository) -> Checked:
    return small.check()


@pytest.mark.slow
def test_a_root_container(found: Checked, small: Repository) -> None:
    where = small.line("cart.yaml", "runAsNonRoot: false")
    assert found.code == 3
    assert ("workloads.run_as_non_root", "Deployment/cart", where) in found.places


@pytest.mark.slow
def test_what_is_missing_belongs_to_what_it_is_missing_from(found: Checked, small: Repository) -> None:
    context = small.line("cart.yaml", "          securityContext:")
    assert ("workloads.privilege_escalation", "Deployment/cart", context) in found.places
    wait = small.line("cart.yaml", "{name: wait")
    assert ("workloads.resources", "Deployment/cart", wait) in found.places


def test_a_namespace_that_the_target_only_names(found: Checked, small: Repository) -> None:
    assert ("network.default_deny", "Namespace/shop", small.line(FILE, "namespace: shop")) in found.places


def test_a_network_policy_with_an_empty_peer(found: Checked, small: Repository) -> None:
    where = small.line("policies.yaml", "ingress: [{from")
    assert ("network.allow_all", "NetworkPolicy/default-deny", where) in found.places


def test_an_unknown_field_and_a_wrong_type(found: Checked, small: Repository) -> None:
    unknown, wrong = small.line("cart.yaml", "replica: 2"), small.line("cart.yaml", "port: [http]")
    places = {place for place in found.places if place[0] == "schema.invalid" and place[1] == "Deployment/cart"}
    assert places == {("schema.invalid", "Deployment/cart", unknown), ("schema.invalid", "Deployment/cart", wrong)}


def test_an_image_is_set_in_the_kustomization_or_in_the_object(found: Checked, small: Repository) -> None:
    assert {place for place in found.places if place[0] == "images.tag"} == {
        ("images.tag", "Deployment/cart", small.line(FILE, "newTag: latest")),  # the container
        (
            "images.tag",
            "Deployment/cart",
            small.line("cart.yaml", "image: wait"),
        ),  # the init container, which has no entry
    }


def test_a_generated_secret_is_the_generators(found: Checked, small: Repository) -> None:
    (finding,) = found.of("secrets.plain_secret")
    assert f"{finding['source']['file']}:{finding['source']['line']}" == small.line(FILE, "name: token")


@pytest.mark.slow
def test_a_namespace_of_plain_files_is_where_the_first_object_names_it(tmp_path: Path) -> None:
    repository = Repository.bare(tmp_path / "plain")
    text = (Repository.small(tmp_path / "small").folder / "cart.yaml").read_text()
    repository.write("manifests/cart.yaml", text.replace("  name: cart\n", "  name: cart\n  namespace: shop\n", 1))
    where = repository.line("manifests/cart.yaml", "namespace: shop")
    assert ("network.default_deny", "Namespace/shop", where) in repository.check("manifests").places


@pytest.mark.slow
def test_nothing_is_denied_without_a_defect(tmp_path: Path) -> None:
    found = Repository.small(tmp_path / "small").check()
    assert (found.code, found.json["findings"]) == (0, [])
