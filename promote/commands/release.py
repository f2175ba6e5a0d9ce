"""`promote release ENV [NAME…]`: holds lifted, so that the version may be promoted again."""

from __future__ import annotations

from dataclasses import dataclass

from promote.commands import holding
from promote.commands.result import Result
from promote.promotion import selection
from promote.repository import holds
from promote.repository.holds import Hold
from promote.repository.workspace import Tree


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for; without services, all of the environment's holds."""

    environment: str
    services: tuple[str, ...] = ()


def run(options: Options) -> Result:
    """Lift the holds by one commit on the shared branch."""

    def edit(tree: Tree) -> tuple[bytes, list[Hold]]:
        where = tree.environment(options.environment)
        chosen = selection.choose(tree.images(where), tree.config.services, options.services, ())
        gone = [hold for hold in tree.holds() if hold.environment == where.name and hold.image in chosen]
        return holds.remove(tree.read(holds.FILE_NAME), gone), gone

    return holding.commit(edit, "release", options.environment)
