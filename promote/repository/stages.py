"""The order of promotion: as promote.yaml states it (`after`), and as the names of environments suggest it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from promote.errors import nearest

# Earliest first. People write these words alone, or with a region or an app next to them: prod-eu, shop-staging.
_WORDS = (
    ("local", "kind", "minikube", "sandbox", "sbx", "playground", "poc", "preview"),
    ("dev", "devel", "develop", "development", "desenvolvimento", "desarrollo", "entwicklung"),
    ("ci", "integration", "integ", "int"),
    ("test", "tests", "testing", "tst", "alpha"),
    ("qa", "quality"),
    ("uat", "acceptance", "acc", "acpt", "sit", "recette", "beta", "aceite", "abnahme"),
    ("staging", "stage", "stag", "stg", "hml", "hlg", "homolog", "homologacao"),
    ("demo", "perf", "load", "training"),
    ("pre", "preprod", "preprd", "pprod", "pprd", "preproduction", "nonprod", "nonprd", "nprod"),
    ("prod", "production", "prd", "live", "producao", "produccion", "produktion"),
    ("dr", "disaster"),
)
_RANKS = {word: rank for rank, words in enumerate(_WORDS) for word in words}
_PARTS = re.compile(r"[^a-z0-9]+|(?<=[a-z])(?=[0-9])")


def rank(name: str) -> int | None:
    """How late in the order an environment called `name` comes; None where the name does not say."""
    words = [word for word in _PARTS.split(name.lower()) if word]
    found = [_RANKS[word] for word in words if word in _RANKS]
    if not found:
        return None
    # `pre-prod` and `non-prod` come before production, though they name it.
    before = {"pre", "non"} & set(words)
    return _RANKS["pre"] if before and max(found) >= _RANKS["pre"] else max(found)


def is_late(name: str) -> bool:
    """Whether a name is that of an environment also without others next to it: it is one of the last.

    An app is as often called `demo` as an environment is.
    """
    here = rank(name)
    is_one = here is not None and here >= _RANKS["staging"] and here != _RANKS["demo"]
    # `pre-sync` says when something runs.
    return is_one and not (name.startswith(("pre-", "post-")) and here == _RANKS["pre"] and name != "pre-prod")


def is_whole(name: str) -> bool:
    """Whether a name has nothing but words of stages and numbers."""
    return rank(name) is not None and all(map(str.isdecimal, _rest(name)))


def is_one(name: str) -> bool:
    """Whether a name is that of an environment and nothing else; an app is called `demo`, too."""
    return is_whole(name) and rank(name) != rank("demo")


def several(names: Mapping[str, str], owners: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """By environment, those that come before it, where the one that is listed before it does not.

    It is so where several have the same rank, such as prod-eu and prod-us after staging. `names` are what says the
    rank of each environment, in the order of promotion; `owners` of what they are environments. An environment comes
    after those of the rank before that have the same owner and share a further word with it, such as a region.
    """
    ranks = {one: known for one, name in names.items() if (known := rank(name)) is not None}
    found: dict[str, tuple[str, ...]] = {}
    for one, here in ranks.items():
        earlier = [other for other in ranks if owners[other] == owners[one] and ranks[other] < here]
        previous = [other for other in earlier if ranks[other] == max(map(ranks.__getitem__, earlier))]
        related = [other for other in previous if _rest(names[other]) & _rest(names[one])]
        found[one] = tuple(related or previous)
    listed = dict(zip(names, [(), *((one,) for one in names)], strict=False))
    return {one: stated for one, stated in found.items() if stated != listed[one]}


def _rest(name: str) -> set[str]:
    """The words of a name that say nothing about the order, such as a region."""
    return {word for word in _PARTS.split(name.lower()) if word and word not in _RANKS}


class Unordered(ValueError):
    """What the environment `name` states to come before it makes no order; `path` leads to the part at fault."""

    def __init__(self, problem: str, name: str, *path: int) -> None:
        super().__init__(problem)
        self.name, self.path = name, path


def order(stated: Mapping[str, Sequence[str] | None]) -> dict[str, tuple[str, ...]]:
    """By environment, those that come before it: what it states or, with None, the one that is listed before it.

    Raises Unordered for a name that is none of them, and for a circle.
    """
    names = list(stated)
    found: dict[str, tuple[str, ...]] = {}
    for position, (name, given) in enumerate(stated.items()):
        for number, each in enumerate(given or ()):
            if each not in stated:
                raise Unordered(f"there is no environment '{each}'{nearest(each, names)}", name, number)
        found[name] = tuple(names[max(position - 1, 0) : position]) if given is None else tuple(given)
    for name in names:
        if stated[name] is not None and (circle := _circle(found, name)):
            raise Unordered(_explained(circle, stated), name)
    return found


def _circle(before: Mapping[str, Sequence[str]], start: str) -> list[str]:
    """A way from the environment `start` back to itself; empty where there is none."""
    ways, seen = [[start]], set[str]()
    while ways:
        way = ways.pop()
        for each in before[way[-1]]:
            if each == start:
                return [*way, start]
            if each not in seen:
                seen.add(each)
                ways.append([*way, each])
    return []


def _explained(circle: Sequence[str], stated: Mapping[str, Sequence[str] | None]) -> str:
    """The circle, and what to do about environments in it that are there only because they are listed so."""
    listed = [name for name in circle if stated[name] is None]
    advice = f"; {listed[0]} states no `after`, so it comes after the one that is listed before it" if listed else ""
    return f"this is a circle: {' after '.join(circle)}{advice}"
