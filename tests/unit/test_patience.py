"""What reads texts of strangers takes time by their length alone: for none of these could anybody wait before."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from promote.checks import inspection, kubeconform
from promote.errors import nearest, nearest_images
from promote.kustomize import local_charts, readers, selectors
from promote.kustomize.differences import Difference
from promote.model import Identity
from promote.proof import effect
from promote.system import paths

MANY = 20_000
LONGEST = 2.0  # seconds of the processor; most take a few milliseconds
WHO = Identity("v1", "ConfigMap", "a", "b")


def moved(old: str, new: str, move: tuple[str, str]) -> bool:
    return effect.is_move(Difference(WHO, "/data/a", old, new), move)


CASES: dict[str, tuple[Callable[[], object], object]] = {
    "a pattern with repetitions in repetitions": (lambda: selectors.matches("(a+)+b", ["a" * 60]), False),
    "a pattern with many optional parts": (lambda: selectors.matches("a?" * 60 + "a" * 60, ["a" * 60]), False),
    "a pattern with many groups": (lambda: selectors.matches("(a|a)" * 60 + "b", ["a" * 60]), False),
    "a pattern with many repetitions": (lambda: selectors.matches(".*a.*a.*a.*a.*b", ["a" * 250]), False),
    "a pattern for a long text": (lambda: selectors.matches(".*a.*b", ["a" * MANY]), False),
    "a text that is many times within another": (lambda: moved("1" * 60, "1" * 90 + "x", ("1", "11")), False),
    "a text within itself": (lambda: moved("1" * MANY, "1" * MANY + "x", ("1", "11")), False),
    "words with the start of a copy": (lambda: paths.without_copies("a" * MANY), "a" * MANY),
    "a name of a copy without end": (lambda: paths.without_copies(f"{paths.PRIVATE}a" * 2_000)[-1], "a"),
    "a text without end in a schema": (lambda: local_charts._outside('"' + '\\"' * MANY), None),
    "spaces in a schema": (lambda: local_charts._outside('"$ref"' + " " * MANY), None),
    "spaces in what kubeconform says": (lambda: len(kubeconform._faults("- at '/a': x" + " " * MANY + "y")), 1),
    "a word in what conftest says": (lambda: inspection._FAULT.search("a" * MANY), None),
    "many faults in what conftest says": (lambda: inspection._FAULT.search("a.rego:1:" * MANY), None),
    "dashes in a kustomization": (lambda: any(map(str.isalpha, readers._words("- " * MANY))), False),
    "quotes in a kustomization": (lambda: any(map(str.isalpha, readers._words('"' + "a " * MANY))), True),
    "a long name that is not known": (lambda: nearest("a b" * MANY, ["b a" * MANY]), ""),
    "an image that is none of many": (lambda: nearest_images("shop/api", ["x" * 99] * MANY, ""), ""),
}  # fmt: skip


@pytest.fixture
def quick() -> Iterator[None]:
    # Not the time of a clock: this machine may do other things as well.
    start = time.process_time()
    yield
    assert time.process_time() - start < LONGEST


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("case", CASES)
def test_a_text_is_read_in_time(case: str) -> None:
    read, answer = CASES[case]
    assert read() == answer


@pytest.mark.parametrize(
    ("pattern", "text", "answer"),
    [
        ("web", "web", True),
        ("web", "web-2", False),
        ("web|cart-.*", "cart-2", True),
        ("(web|cart)-[0-9]+", "web-12", True),
        (".*-a|.*-b|.*-c|.*-d", "x-d", True),
        (r"web\.[*+()]+", "web.+", True),
        ("[^(]*", "web", True),
        ("web(", "web(", False),
        ("(?=w)web", "web", True),
        ("(w+)(e+)(b+)", "web", True),
    ],
)
def test_a_pattern_that_people_write_matches_whole_names(pattern: str, text: str, answer: bool) -> None:
    assert selectors.matches(pattern, [text]) is answer


@pytest.mark.parametrize(
    ("old", "new", "answer"),
    [
        ("a:1.0,b:1.0", "a:1.1,b:1.1", True),
        ("a:1.0,b:1.0", "a:1.1,b:1.0", True),
        ("a:1.0", "a:1.1 ", False),
        ("1.0", "1.1", True),
        ("x1.0", "y1.1", False),
        ("11", "1111", True),
    ],
)
def test_a_move_is_recognized_within_a_text(old: str, new: str, answer: bool) -> None:
    assert moved(old, new, ("1", "11") if old == "11" else ("1.0", "1.1")) is answer


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (f"open /tmp/{paths.PRIVATE}abc/base/a.yaml: no", "open base/a.yaml: no"),
        (f"'/tmp/{paths.PRIVATE}abc/before/base'", "'base'"),
        (f"/t/{paths.PRIVATE}abc/layered/12/a /t/{paths.PRIVATE}b/c", "a c"),
        (f"{paths.PRIVATE}abc", f"{paths.PRIVATE}abc"),
    ],
)
def test_the_path_of_a_copy_is_left_out(text: str, kept: str) -> None:
    assert paths.without_copies(text) == kept
