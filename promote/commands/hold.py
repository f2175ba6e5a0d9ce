"""`promote hold ENV NAME=VERSION`: one version refused from now on."""

from __future__ import annotations

from dataclasses import dataclass

from promote.commands import holding
from promote.commands.result import Result
from promote.errors import UsageError
from promote.model import Version
from promote.promotion import selection
from promote.repository import holds
from promote.repository.holds import Hold
from promote.repository.workspace import Tree
from promote.system import clock


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for; `version` is the text NAME=TAG[@DIGEST]."""

    environment: str
    version: str
    reason: str = ""


def run(options: Options) -> Result:
    """Set the hold by one commit on the shared branch; raises UsageError without a reason."""
    name, equals, text = options.version.partition("=")
    if not equals or not name:
        raise UsageError(f"'{options.version}' is not NAME=TAG or NAME=TAG@DIGEST, such as api-gateway=1.5.0")
    if not options.reason:
        raise UsageError("say why with --reason: whoever meets the hold will want to know")
    version = Version.parse(text)

    def edit(tree: Tree) -> tuple[bytes, list[Hold]]:
        where = tree.environment(options.environment)
        images = selection.resolve(name, tree.images(where), tree.config.services)
        today = clock.today().isoformat()
        standing = tree.holds()
        new = [
            Hold(where.name, image, version, options.reason, today)
            for image in images
            if not any(hold.refuses(where.name, image, version) for hold in standing)
        ]
        return holds.add(tree.read(holds.FILE_NAME), new), new

    return holding.commit(edit, "hold", options.environment)
