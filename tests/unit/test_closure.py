from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pytest

from promote.errors import RenderError
from promote.kustomize.closure import closure
from promote.system.snapshot import LARGEST, Entry, LeadsOut, find


class Memory:
    """A snapshot of texts by path; one that starts with `->` is a link, None a submodule."""

    def __init__(self, files: Mapping[str, str | None]) -> None:
        self.files = files

    def entries(self, folder: str) -> Mapping[str, Entry]:
        found: dict[str, Entry] = {}
        prefix = f"{folder}/" if folder else ""
        for path, text in self.files.items():
            name, slash, _ = path.removeprefix(prefix).partition("/")
            if path.startswith(prefix):
                kind = "module" if text is None else "link" if text.startswith("->") else "file"
                found[name] = Entry("folder") if slash else Entry(kind)  # type: ignore[arg-type]
        return found

    def target(self, link: str) -> str:
        return str(self.files[link]).removeprefix("->")

    def contents(self, files: Sequence[str]) -> Iterator[bytes | None]:
        for file in files:
            text = str(self.files[file])
            yield None if text == "huge" else text.encode()


def needs(kustomization: str, **more: str | None) -> set[str] | None:
    """What building `o` needs, where `__` in a name is a slash and `_` a point."""
    files = {name.replace("__", "/").replace("_", "."): text for name, text in more.items()}
    found = closure(Memory({"o/kustomization.yaml": kustomization, **files}), "o")
    return None if found is None else set(found)


@pytest.mark.parametrize(
    "kustomization",
    [
        "resources: [a.yaml]",
        "crds: [a.yaml]",
        "configurations: [a.yaml]",
        "patchesStrategicMerge: [a.yaml, 'a: 1\n\nb: 2\n']",
        "patches: [{path: a.yaml, target: {kind: X}, options: {}}, {patch: 'a: 1'}]",
        "patchesJson6902: [{path: a.yaml}]",
        "replacements: [{path: a.yaml}, {source: {}, targets: []}, {sourceValue: a, targets: []}]",
        "openapi: {path: a.yaml}",
        "configMapGenerator: [{name: x, files: [a.yaml], literals: [a=b]}]",
        "configMapGenerator: [{name: x, files: [key=a.yaml]}]",
        "secretGenerator: [{name: x, type: Opaque, envs: [a.yaml]}]",
        "secretGenerator: [{name: x, env: a.yaml}]",
        "resources: [./a.yaml, ../o/./a.yaml]\nimages: [{name: x}]\nnamespace: y",
        "resources: [a.yaml, 'https://example.com/x.yaml', 'github.com/a/b/c?ref=1', 'git@host:../../a']",
    ],
)
def test_a_file_is_found_in_every_field_that_names_one(kustomization: str) -> None:
    assert needs(kustomization, o__a_yaml="x", o__b_yaml="x") == {"o/kustomization.yaml", "o/a.yaml"}


def test_folders_are_followed_through_links() -> None:
    found = needs(
        "resources: [../base]\ncomponents: [../c/link]\n",
        base__kustomization_yml="bases: [inner]",
        base__inner__Kustomization="->../other.yaml",
        base__other_yaml="namespace: x",
        c__link="->../c/real",
        c__real__kustomization_yaml="resources: [x.yaml]",
        c__real__x_yaml="x",
        unrelated__kustomization_yaml="resources: [x.yaml]",
    )
    assert found == {
        "o/kustomization.yaml", "base/kustomization.yml", "base/inner/Kustomization", "base/other.yaml", "c/link",
        "c/real/kustomization.yaml", "c/real/x.yaml",
    }  # fmt: skip


TRANSFORMER = "apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: x}\n"


def test_transformers_that_name_no_file_are_known() -> None:
    inline = TRANSFORMER + "patch: |-\n  - {op: remove, path: /x}\n"
    found = needs(f"transformers: [a.yaml, {inline!r}]".replace("'", '"'), o__a_yaml=inline)
    assert found == {"o/kustomization.yaml", "o/a.yaml"}


@pytest.mark.parametrize(
    "kustomization",
    [
        "resources: [none.yaml]",
        "resources: [folder]",
        "resources: [module]",
        "resources: a.yaml",
        "resources: [1]",
        "resources: [{a: b}]",
        "resources: ['']",
        "Resources: [a.yaml]",
        "components: [a.yaml]",
        "helmCharts: [{name: x}]",
        "helmGlobals: {chartHome: x}",
        "unknown: [a.yaml]",
        "resources: [a.yaml\n",
        "- a",
        "",
        "a: 1\n---\nb: 2\n",
        "<<: {resources: [a.yaml]}",
        "patches: [{<<: {path: a.yaml}}]",
        "patches: [{Path: a.yaml}]",
        "patches: [a.yaml]",
        "configMapGenerator: [{name: x, files: [a=b=a.yaml]}]",
        "configMapGenerator: [{name: x, files: [=a.yaml]}]",
        "configMapGenerator: [{name: x, files: [folder]}]",
        "configMapGenerator: [{name: x, unknown: [a.yaml]}]",
        "transformers: [folder]",
        "transformers: [a.yaml]",
        "transformers: ['apiVersion: builtin\n\nkind: ConfigMapGenerator\n\nfiles: [a.yaml]\n']",
        f"transformers: ['{TRANSFORMER}path: a.yaml\n']".replace("\n", "\n\n"),
        "generators: [a.yaml]",
        "validators: [a.yaml]",
        "resources: [loop]",
    ],
)
def test_in_doubt_anything_may_be_needed(kustomization: str) -> None:
    assert needs(kustomization, o__a_yaml="x", o__folder__x="x", o__module=None, o__loop="->loop") is None


def test_two_kustomizations_in_one_folder_are_a_doubt() -> None:
    assert needs("namespace: x", o__Kustomization="namespace: y") is None


@pytest.mark.parametrize(
    ("kustomization", "problem"),
    [
        ("resources:\n- ../../x", r"o/kustomization.yaml:2: ../x: this path leads out"),
        ("resources:\n- /etc", r"o/kustomization.yaml:2: /etc: this path leads out"),
        ("patches: [{path: up/x}]", r"o/kustomization.yaml:1: o/up: this link leads out"),
        (
            "components: [chain/victim]",
            r"o/kustomization.yaml:1: o/chain: this link leads out of the repository, through o/deep",
        ),
        ("configMapGenerator: [{name: x, files: [k=absolute]}]", "o/absolute: this link leads out"),
    ],
)
def test_what_leads_out_is_refused_with_its_line(kustomization: str, problem: str) -> None:
    with pytest.raises(LeadsOut, match=problem):
        needs(kustomization, o__up="->../..", o__absolute="->/etc/x", o__deep="->.", o__chain="->deep/deep/../..")


def test_a_kustomization_that_is_a_link_out_is_refused() -> None:
    files = {"o/kustomization.yaml": "->../a/b/up/../../victim", "a/b/up": "->../.."}
    with pytest.raises(LeadsOut, match=r"^o/kustomization.yaml: this link leads out of the repository"):
        closure(Memory(files), "o")


def test_a_kustomization_that_is_too_large_is_refused() -> None:
    with pytest.raises(RenderError, match=f"o/kustomization.yaml: the file has more than {LARGEST >> 20} MiB"):
        needs("huge")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a/./b//c", "a/b/c"),
        ("l/c", "a/b/c"),
        ("l/../x", "a/x"),
        ("m/c", "a/b/c"),
        ("a/b/c/d", None),
        ("a/b/c/.", None),
        ("a/none/..", None),
        ("loop/x", None),
        ("empty", None),
        ("", ""),
        ("a/..", ""),
    ],
)
def test_find_resolves_as_an_operating_system_does(path: str, expected: str | None) -> None:
    files = {"a/b/c": "x", "a/x": "x", "l": "->a/b", "m": "->./l/../../l", "loop": "->loop", "empty": "->"}
    found = find(Memory(files), path)
    assert (found.path if found.entry else None) == expected
