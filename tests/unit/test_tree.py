"""What an environment runs, read without positions, is what is read with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from promote.errors import ConfigError
from promote.model import Image
from promote.repository.config import Config
from promote.repository.environments import Environment
from promote.repository.tree import Tree
from promote.versions import images
from promote.versions.declared import Declared

ITEM = "- name: {name}\n  newTag: v1.{number}.0\n"
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {template: {spec: {containers: [{name: web, image: "registry.example/web:3"}]}}}
"""
# Kustomizations of environments with the number of each; the last ones say versions elsewhere, too.
PLAIN = "namespace: e{number}\nresources: [../base]\nimages:\n" + ITEM.replace("{name}", "web")
OTHERS = (
    PLAIN + ITEM.replace("{name}", "other"),
    "namespace: e{number}\nresources: [own.yaml]\nimages:\n" + ITEM.replace("{name}", "other"),
    "resources: [own.yaml]\n",
    "images: []\n",
    "images:\n- name: web\n  newTag: '{number}'\n  newName: other-{number}\n",
)


def tree(folder: Path, texts: list[str], declared: tuple[Declared, ...] = ()) -> tuple[Tree, list[Environment]]:
    """A checkout with an environment for each text."""
    found = []
    for number, text in enumerate(texts):
        own = folder / f"e{number}"
        own.mkdir()
        (own / "kustomization.yaml").write_text(text.replace("{number}", str(number)))
        (own / "own.yaml").write_text(DEPLOYMENT)
        found.append(Environment(f"e{number}", f"e{number}"))
    return Tree(folder, Config(versions=declared), folder, folder), found


def read(folder: Tree, environments: list[Environment]) -> list[tuple[Image, ...]]:
    return [folder.images(one) for one in environments]


@pytest.mark.parametrize(
    "declared",
    [(), (Declared("called", "own.yaml", "spec.template.spec.containers.0.image"),)],
    ids=["plain", "declared"],
)
def test_it_is_the_same(tmp_path: Path, declared: tuple[Declared, ...]) -> None:
    here, environments = tree(tmp_path, [PLAIN, PLAIN, *OTHERS, PLAIN], declared)
    assert read(here, environments) == [here.versions(one).images for one in environments]
    assert [one.version.tag for one in here.images(environments[1])][:1] == ["v1.1.0"]


def test_what_differs_in_a_namespace_and_versions_is_parsed_with_positions_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, environments = tree(tmp_path, [PLAIN] * 20)
    expected = [here.versions(one).images for one in environments]
    here, parsed = Tree(tmp_path, Config(), tmp_path, tmp_path), list[bytes]()
    parse = images.ImagesFile.parse

    def watched(data: bytes, source: str) -> images.ImagesFile:
        parsed.append(data)
        return parse(data, source)

    monkeypatch.setattr(images.ImagesFile, "parse", watched)
    assert read(here, environments) == expected
    assert len(parsed) == 1


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (PLAIN + "  newtag: x\n", "e1/kustomization.yaml:6: kustomize reads 'newtag' as 'newTag'"),
        (PLAIN + "- name: web\n", "e1/kustomization.yaml:6: image 'web' has two items"),
        ("images: [\n", "e1/kustomization.yaml:2: "),
        ("version https://git-lfs.github.com/spec/v1\n", "e1/kustomization.yaml: "),
    ],
)
def test_what_cannot_be_read_is_reported_with_its_line(tmp_path: Path, text: str, problem: str) -> None:
    here, environments = tree(tmp_path, [PLAIN, text])
    assert here.images(environments[0])
    with pytest.raises(ConfigError) as error:
        here.images(environments[1])
    assert str(error.value).startswith(problem)
