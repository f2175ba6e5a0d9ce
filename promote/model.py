"""The words of the domain as frozen values: images, versions, changes, plans."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from promote.errors import UsageError

# https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
# kustomize writes the hash without vowels and what looks like one, so that it never spells a word.
_HASH = re.compile(r"-[2456789bcdfghkmt]{10}$")


def check_tag(tag: str) -> str:
    """Return `tag`, or raise UsageError when the OCI distribution specification forbids it."""
    if not _TAG.fullmatch(tag):
        raise UsageError(
            f"'{tag}' is not a valid image tag: use up to 128 letters, digits, '_', '.' and '-', "
            "starting with a letter, a digit or '_'"
        )
    return tag


def check_digest(digest: str) -> str:
    """Return `digest`, or raise UsageError when it is not sha256 with 64 (sha512 with 128) hex digits."""
    if not _DIGEST.fullmatch(digest):
        raise UsageError(f"'{digest}' is not a valid image digest: use 'sha256:' and 64 lower-case hex digits")
    return digest


@dataclass(frozen=True, slots=True)
class Version:
    """What an image is pinned to: a tag, a digest, or both."""

    tag: str | None = None
    digest: str | None = None

    def __str__(self) -> str:
        return (self.tag or "") + (f"@{self.digest}" if self.digest else "")

    @classmethod
    def parse(cls, text: str) -> Version:
        """Read `TAG`, `TAG@DIGEST`, `@DIGEST` or a bare `sha256:…`; raise UsageError on anything else."""
        if _DIGEST.fullmatch(text):
            return cls(None, text)
        tag, at, digest = text.partition("@")
        if not tag and not at:
            raise UsageError("an image version is empty: write TAG, TAG@DIGEST or @DIGEST")
        return cls(check_tag(tag) if tag else None, check_digest(digest) if at else None)


@dataclass(frozen=True, slots=True)
class Image:
    """One entry of a kustomization's `images:` as Kustomize understands it.

    `name` is the entry's key, `repository` what the rendered image is called (newName, or name),
    `version` its tag and digest, whichever of Kustomize's encodings holds them.
    """

    name: str
    repository: str
    version: Version

    @property
    def reference(self) -> str:
        """The rendered image reference, `repository[:tag][@digest]`."""
        version = self.version
        tag = f":{version.tag}" if version.tag else ""
        digest = f"@{version.digest}" if version.digest else ""
        return self.repository + tag + digest

    @property
    def short_name(self) -> str:
        """The last path segment of the name: `api-gateway` for `mediq/api-gateway`."""
        return self.name.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Change:
    """One image of one environment moving from one version to another."""

    service: str
    image: str
    old: Version
    new: Version


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition that a change must meet, and whether it does.

    `until` is when a shut gate opens by itself, where it does; `despite` why it does not count this time.
    """

    name: str
    subject: str
    passed: bool
    reason: str
    until: datetime | None = None
    despite: str | None = None


@dataclass(frozen=True, slots=True)
class Stay:
    """Something that an environment ran without interruption: from `commit` until `until`, or until now."""

    commit: str
    since: datetime
    until: datetime | None
    length: timedelta


@dataclass(frozen=True, slots=True)
class Soak:
    """How long `environment` ran each new version the last time it did, and how long it should have."""

    environment: str
    required: timedelta | None
    stays: tuple[tuple[Change, Stay | None], ...]


@dataclass(frozen=True, slots=True)
class Combination:
    """When `environment` ran all the versions together that a change leaves, and which of them it runs otherwise now.

    `apart` are these images as the change leaves them, each with its version there, or none.
    """

    environment: str
    stay: Stay | None
    apart: tuple[tuple[Image, Version | None], ...]
    required: bool = False


@dataclass(frozen=True, slots=True)
class Freeze:
    """One window as it falls on the calendar, from `start` until right before `end`, in the window's time zone."""

    reason: str
    start: datetime
    end: datetime

    @property
    def until(self) -> str:
        """When it ends, for people: day, date, time and zone."""
        return f"{self.end:%a %Y-%m-%d %H:%M} {self.end.tzinfo}"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a change does to one environment: the changes, the gates before them, and what it leaves out.

    `soak`, `combination` and `freeze` are None where nobody looked or nothing is known; `despite` has, by gate, why
    somebody passes it all the same.
    """

    source: str
    target: str
    changes: tuple[Change, ...]
    gates: tuple[Gate, ...] = ()
    notes: tuple[str, ...] = ()
    soak: Soak | None = None
    combination: Combination | None = None
    freeze: Freeze | None = None
    despite: Mapping[str, str] = field(default_factory=dict)

    @property
    def blocked(self) -> tuple[Gate, ...]:
        """The gates that are shut."""
        return tuple(gate for gate in self.gates if not gate.passed)


@dataclass(frozen=True, slots=True, order=True)
class Identity:
    """What distinguishes an object within a cluster."""

    api_version: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return "/".join(part for part in (self.kind, self.namespace, self.name) if part)

    @property
    def written_name(self) -> str:
        """The name without the hash of its contents that kustomize appends to what it generates."""
        return _HASH.sub("", self.name) if self.kind in ("ConfigMap", "Secret") else self.name


@dataclass(frozen=True, slots=True)
class Source:
    """A place in the repository: a path relative to its root, and a line counted from 1."""

    file: str
    line: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Document:
    """One manifest and who it is."""

    identity: Identity
    content: Mapping[str, Any]
