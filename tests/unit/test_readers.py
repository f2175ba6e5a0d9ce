from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pytest

from promote.errors import GitError
from promote.kustomize.readers import readers
from promote.system.snapshot import Entry


class Files:
    """A snapshot of files given by path; a value that starts with `->` is a link."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.files = dict(files)
        self.read: list[str] = []

    def entries(self, folder: str) -> Mapping[str, Entry]:
        if "damaged" in folder:
            raise GitError("damaged")
        found: dict[str, Entry] = {}
        for path, text in self.files.items():
            rest = path.removeprefix(f"{folder}/" if folder else "")
            if rest != path or not folder:
                name, slash, _ = rest.partition("/")
                kind = "link" if text.startswith("->") else "file"
                found[name] = Entry("folder" if slash else kind)  # type: ignore[arg-type]
        return found

    def target(self, link: str) -> str:
        return self.files[link].removeprefix("->")

    def contents(self, files: Sequence[str]) -> Iterator[bytes | None]:
        self.read += files
        return (self.files[file].encode() for file in files)


PRODUCTION = {"overlays/production/kustomization.yaml": "resources: [../../base]\n",
              "base/kustomization.yaml": "resources: []\n"}  # fmt: skip
CHANGED = ["overlays/production/kustomization.yaml"]


@pytest.mark.parametrize(
    "text",
    [
        "resources: [../production]",
        "resources:\n  - ../production/ # the same",
        'bases: ["../production"]',
        "{resources: ['./../production']}",
        "components: [../../middle]",
        "resources: [../by-link]",
        "resources: [../production]\nunknown: field",
    ],
)
def test_a_folder_that_names_the_changed_one_is_a_reader(text: str) -> None:
    files = PRODUCTION | {
        "overlays/eu/kustomization.yaml": text,
        "overlays/by-link": "->production",
        "middle/kustomization.yml": "resources: [../overlays/production]",
    }
    assert readers(Files(files), ["overlays/eu", "base"], CHANGED) == ["overlays/eu"]


@pytest.mark.parametrize(
    "text",
    ["resources: [../../base]", "resources: [../../base] # like ../production", "namespace: production", "", "]["],
)
def test_a_folder_that_does_not_is_none(text: str) -> None:
    files = PRODUCTION | {"overlays/eu/kustomization.yaml": text}
    assert readers(Files(files), ["overlays/eu", "nowhere", "base"], CHANGED) == []


def test_a_folder_below_the_changed_one_and_a_name_with_a_space_are_found() -> None:
    files = {
        "a b/kustomization.yaml": "",
        "a b/eu/kustomization.yaml": "resources: [..]",
        "us/kustomization.yaml": 'resources: ["../a b"]',
        "asia/kustomization.yaml": "resources:\n  - ../a b\n",
    }
    assert readers(Files(files), ["a b/eu", "us", "asia"], ["a b/kustomization.yaml"]) == ["a b/eu", "us", "asia"]


def test_files_other_than_kustomizations_count() -> None:
    files = PRODUCTION | {
        "overlays/eu/kustomization.yaml": "configMapGenerator: [{name: a, files: [settings=../shared/a.txt]}]",
        "overlays/us/kustomization.yaml": "patches: [{path: ../shared/b.yaml}]",
        "overlays/shared/a.txt": "",
        "overlays/shared/b.yaml": "",
    }
    folders = ["overlays/eu", "overlays/us"]
    assert readers(Files(files), folders, ["overlays/shared/a.txt"]) == ["overlays/eu"]
    assert readers(Files(files), folders, ["overlays/shared/b.yaml"]) == ["overlays/us"]


def test_a_circle_ends_and_what_is_damaged_or_leads_out_is_left_out() -> None:
    files = PRODUCTION | {
        "one/kustomization.yaml": "resources: [../two]",
        "two/kustomization.yaml": "resources: [../one]",
        "out/kustomization.yaml": "resources: [../overlays/production, ../../outside]",
        "damaged/kustomization.yaml": "resources: [../overlays/production]",
    }
    assert readers(Files(files), ["one", "two", "out", "damaged"], CHANGED) == []


def test_each_file_is_read_once() -> None:
    files = Files(PRODUCTION | {f"{n}/kustomization.yaml": "resources: [../base]" for n in range(20)})
    assert readers(files, [str(n) for n in range(20)], CHANGED) == []
    assert sorted(files.read) == sorted({*files.read})
