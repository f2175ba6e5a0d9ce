"""Which targets of a check can be rendered, and the findings about the others."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from promote.checks import completeness
from promote.checks.findings import Level, Verdict
from promote.errors import RenderError
from promote.kustomize import render
from promote.kustomize.render import Rendered
from promote.repository.config import Config
from promote.system.paths import shown

WORKERS = 8  # targets that are rendered at the same time
Targets = Sequence[tuple[str, Path]]  # each with its name


def lenient(settings: Config, targets: Targets) -> tuple[Targets, list[Verdict], dict[str, Rendered]]:
    """The targets, and a warning in place of each that promote.yaml lets go unrendered and kustomize cannot build.

    By name, the renderings of those that it could build.
    """
    known = settings.environments
    allowed = [one for one in targets if one[0] in known and known[one[0]].unrendered == "warn"]
    built, unrendered, rendered = apart(allowed, (), "warn")
    return [one for one in targets if one not in allowed or one in built], unrendered, rendered


def apart(
    targets: Targets, excluded: Sequence[str], level: Level = "deny"
) -> tuple[Targets, list[Verdict], dict[str, Rendered]]:
    """The targets that can be rendered, a finding in place of each other one, and the renderings by name.

    `excluded` are patterns for files and folders that are left out of a folder of manifests.
    """

    def load(path: Path, name: str) -> Rendered:
        return render.folder_or_file(path, name, excluded)

    tried = render.attempts([(path, name) for name, path in targets], load, WORKERS)
    done = list(zip(targets, tried, strict=True))
    broken = [
        completeness.unrendered(name, shown(path, Path.cwd()), error, level)
        for (name, path), error in done
        if isinstance(error, RenderError)
    ]
    rendered = {name: one for (name, _), one in done if isinstance(one, Rendered)}
    return [one for one in targets if one[0] in rendered], broken, rendered


def stopped(error: RenderError, targets: Targets) -> Verdict:
    """The finding about the target that an error is about."""
    name, path = next((one for one in targets if str(error).startswith(f"{one[0]}: ")), targets[0])
    return completeness.unrendered(name, shown(path, Path.cwd()), error)
