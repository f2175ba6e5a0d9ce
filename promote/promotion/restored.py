"""The settings that a rollback restores, as they were when the versions ran last that it restores."""

from __future__ import annotations

from promote.promotion import selection, settings
from promote.promotion.settings import NO_SETTINGS, Carried
from promote.promotion.situation import Situation
from promote.repository.workspace import Workspace
from promote.versions.found import Versions
from promote.versions.settings import Setting


def settings_of(workspace: Workspace, here: Situation, after: Versions) -> Carried:
    """The settings that travel with what is restored, as they were when it ran last."""
    moved = selection.changes(here.images, after.images, here.services)
    config, environment, line = here.tree.config, here.environment, workspace.line(here.tip.place)
    if not moved or not config.settings:
        return NO_SETTINGS
    past = workspace.history(here.tip, environment, whole=here.versions.whole)

    def source(setting: Setting) -> bytes | None:
        names = settings.of_service(setting, environment, config, here.images)
        for change in moved:
            last = max((one.number for one in past if one.runs(change.image, change.new)), default=0)
            if change.image in names and 0 < last < len(past):
                # Settings may have changed since the version came; the next revision replaced both.
                return line.read(f"{past[last].commit}^", settings.path_of(setting, environment))
        return None

    names = [change.image for change in moved]
    return settings.carried(here.tree, environment, here.images, names, source, "the version that is restored")
