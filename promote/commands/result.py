"""What a command hands to the command line: the same facts as JSON and as text, and an exit code."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from promote.errors import PromoteError
    from promote.output.report import CheckReport


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of a command that came to its end; `report` is what further formats are made of.

    `text` may have no end: each line is printed as soon as it is there.
    """

    json: Any
    text: Iterable[str]
    exit_code: int = 0
    report: CheckReport | None = None


def refused(source: str, target: str, error: PromoteError) -> Result:
    """The result of a promotion that was refused, where others go on."""
    answer = {"from": source, "to": target, "error": str(error), "changed": False}
    return Result(answer, [f"{source} → {target}: refused: {error}"], error.exit_code)


def together(results: Sequence[Result]) -> Result:
    """All results as one: the texts one after the other, the JSON as `targets`, and the first exit code but 0.

    What is not the same for all of them, such as the branch, is None in the JSON as a whole.
    """
    if len(results) == 1:
        return results[0]
    each = [one.json for one in results]
    listed = ("changes", "gates", "findings")
    # One that was refused has no plan: the keys are those of a whole one, if there is any.
    keys = max(each, key=len)
    answer: dict[str, Any] = {}
    for key in (key for key in keys if key != "targets"):
        first, *others = (one.get(key) for one in each)
        answer[key] = first if all(other == first for other in others) else None
    answer |= {key: [item for one in each for item in one.get(key, [])] for key in listed}
    answer |= {
        "to": ", ".join(one["to"] for one in each),
        "changed": any(one["changed"] for one in each),
        "targets": [target for one in each for target in one.get("targets", [{**one, "layered_on": None}])],
    }
    text = [line for number, one in enumerate(results) for line in ([""] if number else []) + list(one.text)]
    return Result(answer, text, next((one.exit_code for one in results if one.exit_code), 0))
