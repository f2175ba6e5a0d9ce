"""What manifests are judged by, put together from promote.yaml and the command line."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from promote.checks import policies, schemas
from promote.checks.policies import Policies
from promote.checks.rules import PROFILES
from promote.repository.config import Config
from promote.system import clock


@dataclass(frozen=True, slots=True)
class Criteria:
    """A profile of rules, schemas of custom resources, Kubernetes versions, which folders are live, and the day.

    `home` is the root of the repository that they are from, where they judge the files of another one.
    `excluded` are patterns for files and folders of a folder of manifests that are left out.
    `denies_old` says that a change of versions is stopped also by findings that were there before it.
    """

    policies: Policies
    schemas: tuple[Path, ...]
    kubernetes: tuple[str, ...]
    live: frozenset[Path] = frozenset()
    profile: str = PROFILES[-1]
    today: date = field(default_factory=clock.today)
    home: Path | None = None
    excluded: tuple[str, ...] = ()
    denies_old: bool = False


def criteria(root: Path, settings: Config, installed: Path | None = None, profile: str | None = None) -> Criteria:
    """What the manifests below `root` are judged by.

    Schemas may be installed instead of committed: for a copy of a commit, `installed` is the checkout that has them.
    """
    chosen, own_profile = policies.choose(root, settings.policies, profile or settings.profile)
    folders = tuple(
        root / folder if (root / folder).is_dir() else (installed or root) / folder for folder in settings.schemas
    )
    return Criteria(chosen, (*folders, *schemas.packaged()), settings.kubernetes, settings.live(root), own_profile,
                    denies_old=settings.deny == "all")  # fmt: skip
