from __future__ import annotations

import copy
import json
import re
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from promote.errors import CheckDenied
from promote.kustomize import differences
from promote.kustomize.differences import HIDDEN, Difference
from promote.kustomize.documents import identity
from promote.model import Document, Identity, Image, Version
from promote.output import wording
from promote.proof import effect

COPY = "kubectl.kubernetes.io/last-applied-configuration"
OLD, NEW = "shop/web:1", "shop/web:2"
BEFORE = (Image("shop/web", "shop/web", Version("1")), Image("shop/cart", "shop/cart", Version("1")))
AFTER = (Image("shop/web", "shop/web", Version("2")), BEFORE[1])


def workload(*images: str, **more: Any) -> dict[str, Any]:
    containers = [{"name": f"c{number}", "image": image} for number, image in enumerate(images)]
    spec = {"template": {"spec": {"containers": containers}}}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec} | more


def secret(**more: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "web"}} | more


def between(old: dict[str, Any] | None, new: dict[str, Any] | None) -> list[Difference]:
    one, other = ([Document(identity(one), one)] if one else [] for one in (old, new))
    return differences.differences(one, other)


def judge(old: dict[str, Any] | None, new: dict[str, Any] | None, *, others: bool = False) -> None:
    effect.insist(between(old, new), BEFORE, AFTER, others)


def test_image_moves() -> None:
    old, new = workload("shop/cart:1", OLD), workload("shop/cart:1", NEW)
    (found,) = between(old, new)
    assert (found.path, found.old, found.new) == ("/spec/template/spec/containers/1/image", OLD, NEW)
    assert found.is_image
    judge(old, new)


@pytest.mark.parametrize("kind", ["initContainers", "ephemeralContainers", "containers"])
def test_every_kind_of_container(kind: str) -> None:
    old, new = ({"kind": "Job", "spec": {kind: [{"image": image}]}} for image in (OLD, NEW))
    judge(old, new)


def test_same_renderings() -> None:
    assert between(workload(OLD), workload(OLD)) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (workload(OLD), workload(NEW, metadata={"name": "web", "labels": {"a": "b"}})),
        (workload(OLD, data={"image": OLD}), workload(NEW, data={"image": NEW})),
        (workload(OLD, data={"containers/0/image": OLD}), workload(NEW, data={"containers/0/image": NEW})),
        (workload(OLD), workload(NEW, containers=[{"image": NEW}])),
        (workload(OLD, x={"containers": [{}]}), workload(NEW, x={"containers": [{"image": NEW}]})),
        (workload(OLD, x={"containers": [{"image": OLD}]}), workload(NEW, x={"containers": [{}]})),
        (workload(OLD, "shop/cart:1"), workload("shop/cart:1", NEW)),
        (workload(OLD, containers={"0": {"image": OLD}}), workload(NEW, containers={"0": {"image": NEW}})),
        (workload(OLD, replicas=1), workload(NEW, replicas=True)),
    ],
)
def test_anything_else_is_refused(old: dict[str, Any], new: dict[str, Any]) -> None:
    with pytest.raises(CheckDenied):
        judge(old, new)


def test_other_changes_can_be_allowed() -> None:
    old, new = workload(OLD), workload(NEW, replicas=2)
    with pytest.raises(CheckDenied, match=re.escape("(Deployment/web /replicas): look at it")):
        judge(old, new)
    judge(old, new, others=True)


@pytest.mark.parametrize("others", [True, False])
def test_unplanned_image_is_never_allowed(others: bool) -> None:
    with pytest.raises(CheckDenied, match="also move to shop/cart:2, which is not planned"):
        judge(workload(OLD, "shop/cart:1"), workload(NEW, "shop/cart:2"), others=others)


@pytest.mark.parametrize("others", [True, False])
def test_planned_image_must_reach_a_container(others: bool) -> None:
    with pytest.raises(CheckDenied, match="no container runs shop/web"):
        judge(workload("shop/cart:1"), workload("shop/cart:1"), others=others)


@pytest.mark.parametrize(("old", "new"), [(None, workload(NEW)), (workload(OLD), None)])
def test_whole_objects(old: dict[str, Any] | None, new: dict[str, Any] | None) -> None:
    (found,) = between(old, new)
    assert (found.path, found.is_image) == ("", False)
    with pytest.raises(CheckDenied):
        judge(old, new)
    judge(workload(OLD), workload(NEW))


def test_a_long_list_is_cut() -> None:
    with pytest.raises(CheckDenied) as raised:
        judge(workload(OLD), workload(NEW, **{f"x{number}": 1 for number in range(9)}))
    assert str(raised.value).count("Deployment/web") == 5


leaves = st.one_of(st.none(), st.booleans(), st.integers(0, 3), st.sampled_from([OLD, NEW, "x", ""]))
keys = st.sampled_from(["image", "containers", "a", "0", "a/b", "~", ""])
values = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3))


def without_images(value: Any, *, item: bool = False) -> Any:
    """`value` with every image of a list of containers gone."""
    if isinstance(value, dict):
        return {
            key: [without_images(one, item=True) for one in inner]
            if key == "containers" and isinstance(inner, list)
            else without_images(inner)
            for key, inner in value.items()
            if not (item and key == "image" and isinstance(inner, str))
        }
    return [without_images(one) for one in value] if isinstance(value, list) else value


# How much may differ until it is shown as a whole.
limits = st.sampled_from([0, 2, 1_000])


@given(values, values, limits)
def test_a_change_beside_images_is_never_accepted(one: Any, other: Any, limit: int) -> None:
    # json, because 1 == True where JSON tells them apart.
    assume(json.dumps(without_images(one), sort_keys=True) != json.dumps(without_images(other), sort_keys=True))
    with patch.object(differences, "_MOST_ITEMS", limit), pytest.raises(CheckDenied):
        judge(workload(OLD, extra=one), workload(NEW, extra=other))


@given(values, values, limits)
def test_differences_rebuild_what_they_are_about(one: Any, other: Any, limit: int) -> None:
    old, new = workload(OLD, extra=one), workload(NEW, extra=other)
    before = copy.deepcopy((old, new))
    with patch.object(differences, "_MOST_ITEMS", limit):
        found = between(old, new)
    assert (old, new) == before
    assert [one.path for one in found if one.is_image and one.old == one.new] == []
    assert (found == []) == (json.dumps(old, sort_keys=True) == json.dumps(new, sort_keys=True))


VALUE = "c2VjcmV0"
LONG = {"a": VALUE, "b": "YmJi"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (secret(data=LONG), None),
        (None, secret(data=LONG)),
        (secret(data={"a": VALUE}), secret(data={"a": "bmV3"})),
        (secret(data={"a": "b2xk"}), secret(data={"a": VALUE})),
        (secret(data={"a": VALUE}), secret(data={})),
        (secret(data={}), secret(data={"a": VALUE})),
        (secret(data={"a": VALUE}), secret(data={"b": VALUE})),
        (secret(data={"a": VALUE}), secret(stringData={"a": VALUE})),
        (secret(stringData={"a": VALUE}), secret()),
        (secret(), secret(stringData={"a": VALUE})),
        (secret(data={"a": VALUE}), secret(data=None)),
        (secret(data=VALUE), secret(data="x")),
        (secret(data=[VALUE]), secret(data=["x"])),
        (secret(data={"a": {"b": VALUE}}), secret(data={"a": {"b": "x"}})),
        (secret(data={"a/b~c": VALUE}), secret(data={"a/b~c": "x"})),
        (secret(metadata={"annotations": {COPY: VALUE}}), secret(metadata={"annotations": {COPY: "x"}})),
        (secret(metadata={"annotations": {COPY: VALUE}}), secret(metadata={"annotations": {}})),
        (secret(metadata={}), secret(metadata={"annotations": {COPY: VALUE}})),
        (secret(metadata={"name": "other", "annotations": {COPY: VALUE}}), None),
        (secret(data={"a": VALUE}), secret(metadata={"annotations": {COPY: VALUE}})),
        (secret(metadata={"annotations": {COPY: VALUE}}), secret(data={"a": VALUE})),
    ],
)
def test_what_a_secret_holds_is_never_shown(old: dict[str, Any] | None, new: dict[str, Any] | None) -> None:
    found = between(old, new)
    assert found
    shown = repr(found) + "\n".join(wording.diff_lines(found))
    assert VALUE not in shown
    assert "YmJi" not in shown
    assert HIDDEN in shown


@given(st.dictionaries(keys, st.text("xyz", min_size=8), max_size=3), st.dictionaries(keys, values, max_size=3))
def test_no_change_of_a_secret_shows_a_value(data: dict[str, str], other: dict[str, Any]) -> None:
    shown = repr(between(secret(data=data, stringData=other), secret(data=other, stringData=data)))
    assert [value for value in data.values() if value in shown] == []


def test_what_a_secret_is_called_stays() -> None:
    (found,) = between(None, secret(type="Opaque", data={"password": VALUE}))
    assert found.new == secret(type="Opaque", data={"password": "***"})
    (label,) = between(secret(metadata={"labels": {"a": "b"}}), secret(metadata={"labels": {"a": "c"}}))
    assert (label.old, label.new) == ("b", "c")


def test_config_maps_are_shown() -> None:
    old, new = ({"kind": "ConfigMap", "data": {"a": value}} for value in "xy")
    (found,) = between(old, new)
    assert (found.old, found.new) == ("x", "y")
    assert differences.redacted(old) == old


def test_a_move_is_two_differences() -> None:
    first, second = between({"kind": "A", "a": [1, 2, 3]}, {"kind": "A", "b": [1, 2, 3]})
    assert (first.path, first.old, first.new) == ("/a", [1, 2, 3], None)
    assert (second.path, second.old, second.new) == ("/b", None, [1, 2, 3])


def job(name: str, image: str, **more: Any) -> dict[str, Any]:
    return workload(image) | {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}} | more


def test_a_job_whose_name_ends_with_a_hash_moves_its_image() -> None:
    old, new = job("migrate-bbbbb22222", OLD), job("migrate-ccccc22222", NEW)
    assert {one.path for one in between(old, new)} == {
        "/metadata/name",
        "/spec/template/spec/containers/0/image",
    }
    judge(old, new)


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("migrate-ccccc22222", {"spec": {"suspend": True}}),  # something else changes
        ("another-ccccc22222", {}),  # another Job
        ("migrate", {}),  # no hash
        ("migrate-aaaaa11111", {}),  # no hash of kustomize
    ],
)
def test_a_job_that_is_replaced_by_another_is_refused(name: str, more: dict[str, Any]) -> None:
    new = job(name, NEW)
    new["spec"] |= more.get("spec", {})
    with pytest.raises(CheckDenied):
        judge(job("migrate-bbbbb22222", OLD), new)


def test_a_new_name_for_the_same_job_is_refused() -> None:
    with pytest.raises(CheckDenied, match="more than images"):
        effect.insist(between(job("m-bbbbb22222", OLD), job("m-ccccc22222", OLD)), BEFORE, BEFORE, False)


def test_two_jobs_under_one_name_are_not_paired() -> None:
    old = [job("m-bbbbb22222", OLD), job("m-bbbbb22224", OLD)]
    new = [job("m-ccccc22222", NEW)]
    one, other = ([Document(identity(each), each) for each in side] for side in (old, new))
    assert {found.path for found in differences.differences(one, other)} == {""}


def test_a_text_without_a_name_changes_with_the_version_but_moves_no_image() -> None:
    def pair(*images: str, version: str) -> list[Document]:
        settings = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "v"}, "data": {"API": version}}
        return [Document(identity(one), one) for one in (workload(*images), settings)]

    def insist(name: str, *images: str) -> None:
        old = pair(OLD, "shop/log:1", version="1")
        found = differences.differences(old, pair(*images, version="2"))
        effect.insist(found, BEFORE, AFTER, False, texts={("1", "2"): name})

    insist("", NEW, "shop/log:1")
    insist("shop/web", NEW, "shop/log:2")
    with pytest.raises(CheckDenied, match="would also move to shop/log:2"):
        insist("", NEW, "shop/log:2")


WHO = Identity("apps/v1", "Deployment", "shop", "web")


@pytest.mark.parametrize(
    ("old", "new", "moved"),
    [
        ("1.0", "1.1", True),
        ("a 1.0 b", "a 1.1 b", True),
        ("1.0 1.0", "1.1 1.0", True),
        (1.0, 1.1, True),
        ("1.0", "1.0", False),
        ("1.0 1.0", "1.0 1.0", False),
        ("1.0 1.1", "1.0 1.1", False),
        ("{'a': '1.0'}", {"a": "1.1"}, False),
        ("1.0 x", "1.1 y", False),
        ("x 1.0", "y 1.1", False),
        ("1.0", "1.1 1.1", False),
        ("2.0", "1.1", False),
        ("1.0", "2.0", False),
        (None, "1.1", False),
        ("1.0", None, False),
        ({"a": "1.0"}, {"a": "1.1"}, False),
        (["1.0"], ["1.1"], False),
        ("1.0 " * 1000, "1.1 " * 1000, True),
        ("1.0 " * 1001, "1.1 " * 1001, False),
    ],
)
def test_a_move_has_everything_around_it_as_before(old: Any, new: Any, moved: bool) -> None:
    assert effect.is_move(Difference(WHO, "/data/version", old, new), ("1.0", "1.1")) == moved


def test_a_missing_value_is_not_its_name() -> None:
    assert not effect.is_move(Difference(WHO, "/data/version", None, "1.1"), ("None", "1.1"))
    assert not effect.is_move(Difference(WHO, "/data/version", "1.0", None), ("1.0", "None"))


IMAGE_PATH = "/spec/template/spec/containers/0/image"


@pytest.mark.parametrize(
    ("path", "name", "meant"),
    [
        ("/data/version", "", True),
        ("/data/version", "web", True),
        (IMAGE_PATH, "web", True),
        (IMAGE_PATH, "", False),
        ("/spec/selector/version", "web", False),
        ("/spec/labelSelector/matchLabels/version", "web", False),
        ("/spec/SELECTOR/version", "web", False),
        ("/spec/selectors/version", "web", True),
    ],
)
def test_a_text_is_meant_outside_of_selectors(path: str, name: str, meant: bool) -> None:
    assert effect.is_meant(Difference(WHO, path, "1.0", "1.1", path == IMAGE_PATH), {("1.0", "1.1"): name}) == meant
