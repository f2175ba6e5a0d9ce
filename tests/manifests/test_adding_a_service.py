from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.manifests import numbers
from tests.manifests.reachability import Flow, names_resolved, reach
from tests.manifests.render import (
    REPOSITORY,
    STAGING_IS_SLOW,
    Render,
    containers,
    overlay,
    render,
    without_hash,
)

NAME = "notification-service"
BLOCK = re.compile(r"^```yaml (file|add)=(\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ORDINARY = {
    Flow("api-gateway", NAME, "8606/TCP"),
    Flow("prometheus", NAME, "8606/TCP"),
    Flow(NAME, "jaeger", "4317/TCP"),
    Flow(NAME, "jaeger", "4318/TCP"),
    *names_resolved(NAME),
}


def _follow(page: str, repository: Path) -> None:
    """Do what a page says: write its files, add its lines at the end of the list they name."""
    for action, target, text in BLOCK.findall(page):
        path = repository / target.partition("#")[0]
        if action == "file":
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        else:
            _add(path, target.partition("#")[2], text)


def _add(path: Path, keys: str, text: str) -> None:
    """Put lines at the end of what is below a key; a key below another one follows a slash."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    start = 0
    for depth, key in enumerate(keys.split("/")):
        header = f"{'  ' * depth}{key}:\n"
        assert header in lines[start:], f"{path} has no {keys}"
        start = lines.index(header, start) + 1
    inside = "  " * (keys.count("/") + 1)
    below = next((at for at in range(start, len(lines)) if not lines[at].startswith(inside)), len(lines))
    path.write_text("".join([*lines[:below], text, *lines[below:]]), encoding="utf-8")


def _copy(folder: Path, upto: str) -> Path:
    """A copy of the repository in which the page was followed up to a heading."""
    numbers.copied(folder)
    page = (REPOSITORY / "docs/adding-a-service.md").read_text(encoding="utf-8")
    assert upto in page
    _follow(page.partition(upto)[0], folder)
    return folder


@pytest.fixture(scope="module")
def ordinary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _copy(tmp_path_factory.mktemp("ordinary"), "## 4.")


@pytest.fixture(scope="module")
def calling(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _copy(tmp_path_factory.mktemp("calling"), "## Check the result")


@pytest.mark.parametrize("environment", STAGING_IS_SLOW)
def test_the_sixth_service_has_all_the_objects_of_the_others(ordinary: Path, environment: str) -> None:
    rendered = render(ordinary / "overlays" / environment)
    of_another = _named(overlay(environment), "user-service") - {("NetworkPolicy", "user-service")}
    assert _named(rendered, NAME) == {(kind, NAME) for kind, _ in of_another}
    assert len(rendered.objects) == len(overlay(environment).objects) + len(of_another)


def _named(rendered: Render, name: str) -> set[tuple[str, str]]:
    return {(each["kind"], name) for each in rendered.objects if without_hash(each) == name}


@pytest.mark.parametrize("environment", STAGING_IS_SLOW)
def test_the_sixth_service_is_shaped_like_the_others(ordinary: Path, environment: str) -> None:
    rendered = render(ordinary / "overlays" / environment)
    (added,) = containers(rendered.one("Deployment", NAME))
    (other,) = containers(overlay(environment).one("Deployment", "user-service"))
    assert re.fullmatch(r"mediq/notification-service:1\.0\.0@sha256:[0-9a-f]{64}", added["image"])
    differing = {key for key in added.keys() | other.keys() if added.get(key) != other.get(key)}
    assert differing == {"image", "ports", "env", "envFrom"}
    autoscaler = rendered.one("HorizontalPodAutoscaler", NAME)["spec"]
    expected = overlay(environment).one("HorizontalPodAutoscaler", "user-service")["spec"]
    assert autoscaler == expected | {"scaleTargetRef": expected["scaleTargetRef"] | {"name": NAME}}


@pytest.mark.parametrize("environment", STAGING_IS_SLOW)
def test_the_sixth_service_has_what_the_tables_promise_of_it(ordinary: Path, environment: str) -> None:
    found = numbers.rendered(render(ordinary / "overlays" / environment).objects)
    added = numbers.promised(ordinary, environment).keys() - numbers.promised(REPOSITORY, environment).keys()
    assert added == {key for key in found if key.of.startswith(NAME)}
    assert numbers.differences("what is rendered", found, ordinary, environment) == []


@pytest.mark.slow
@pytest.mark.parametrize("environment", STAGING_IS_SLOW)
def test_the_sixth_service_has_the_ordinary_flows_and_no_other(ordinary: Path, environment: str) -> None:
    found = reach(render(ordinary / "overlays" / environment))
    assert found.reachable - reach(overlay(environment)).reachable == ORDINARY
    assert found.denied == set()


@pytest.mark.thorough
@pytest.mark.parametrize("environment", STAGING_IS_SLOW)
def test_a_flow_of_its_own_asks_for_the_other_end_and_the_table(calling: Path, environment: str) -> None:
    assert reach(render(calling / "overlays" / environment)).denied == {
        f"NetworkPolicy/{NAME}: allows {NAME} → rabbitmq on 5672/TCP, which the table `flows` does not declare"
    }
