"""The domain as frozen values: images, versions, changes, plans, objects."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from promote.errors import UsageError

# https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
# A branch or tag of Git that has folders in its name, and nothing that a shell, a URL or Git reads as something else.
_REF = re.compile(r"(?=.{1,200}$)[A-Za-z0-9_][A-Za-z0-9._-]*(?:/[A-Za-z0-9_][A-Za-z0-9._-]*)*")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
# kustomize writes the hash without vowels and characters that look like vowels, so that it is never a word.
_HASH = re.compile(r"-[2456789bcdfghkmt]{10}$")

# "sha256:" and twelve digits are enough to tell two images apart.
_LONG_DIGEST = re.compile(r"(sha(?:256|512):[0-9a-f]{12})[0-9a-f]{52,116}")


def shortened(text: str) -> str:
    """`text` with twelve digits of every image digest, which fits a terminal; JSON has all of them."""
    return _LONG_DIGEST.sub(r"\1", text)


def is_tag(text: str) -> bool:
    """Whether the OCI distribution specification allows a text as a tag."""
    return _TAG.fullmatch(text) is not None


def check_tag(tag: str) -> str:
    """Return `tag`, or raise UsageError when the OCI distribution specification forbids it."""
    if not is_tag(tag):
        raise UsageError(
            f"'{tag}' is not a valid image tag: use up to 128 letters, digits, '_', '.' and '-', "
            "starting with a letter, a digit or '_'"
        )
    return tag


def is_ref(text: str) -> bool:
    """Whether `text` may be a branch, a tag or a commit of a repository, such as `release/1.2`."""
    return _REF.fullmatch(text) is not None and ".." not in text and not text.endswith((".", ".lock"))


def check_ref(text: str) -> str:
    """Return `text`, or raise UsageError where it could be no branch, tag or commit of a repository."""
    if not is_ref(text):
        raise UsageError(
            f"'{text}' is not a valid image tag, and not a branch or tag of Git that promote moves: use letters, "
            "digits, '_', '.', '-' and '/'"
        )
    return text


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

    @property
    def is_set(self) -> bool:
        """Whether it says anything: an item of `images:` may have a new name alone."""
        return self.tag is not None or self.digest is not None

    @property
    def shortened(self) -> str:
        """The version with twelve digits of its digest, which fits a terminal."""
        return shortened(str(self))

    def matches(self, other: Version) -> bool:
        """Whether both are the same program, as far as both say: by digest or, where one has none, by tag."""
        if self.digest and other.digest:
            return self.digest == other.digest
        return self.tag is not None and self.tag == other.tag

    @classmethod
    def parse(cls, text: str) -> Version:
        """Read `TAG`, `TAG@DIGEST`, `@DIGEST` or a bare `sha256:…`; raise UsageError on anything else.

        A tag with `/` is one of a Git repository; `check_tag` refuses it where it would be that of an image.
        """
        if _DIGEST.fullmatch(text):
            return cls(None, text)
        tag, at, digest = text.partition("@")
        if not tag and not at:
            raise UsageError("an image version is empty: write TAG, TAG@DIGEST or @DIGEST")
        check = check_ref if "/" in tag else check_tag
        return cls(check(tag) if tag else None, check_digest(digest) if at else None)


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
class SettingChange:
    """A setting that moves with the version of a service: the whole `file`, or what is in it at `path`.

    `diff` are the lines that go and come, each behind its sign.
    """

    service: str
    file: str
    path: str
    diff: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GateResult:
    """Whether one gate lets one subject of a change pass.

    `until` is when a closed gate opens by itself, where it does; `despite` the reason for which it does not count.
    """

    name: str
    subject: str
    passed: bool
    reason: str
    until: datetime | None = None
    despite: str | None = None


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """A change of the files by which a change is judged, in the change itself.

    `files` are those, `denials` what their versions on `base`, the branch that it goes into, say against the change.
    """

    base: str
    files: tuple[str, ...]
    denials: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a change does to one environment: the changes, what the gates say of them, and what it leaves out.

    `facts` and `overrides` are by gate: what each found out, None where nothing is known, and the reasons recorded
    for gates that have no result of their own. `remarks` are theirs, for people. `despite` has the reasons given.
    `unmoved` says in what the environments differ that cannot be moved; `shared` are other environments that the
    change also changes; `settings` move with the versions; `unused` are changes left out because nothing that the
    target renders uses these images. `is_empty` says that there is no version in either environment, `lacks` that the
    target has no place for some of it, as the notes say.
    """

    source: str
    target: str
    changes: tuple[Change, ...]
    gates: tuple[GateResult, ...] = ()
    notes: tuple[str, ...] = ()
    despite: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    overrides: Mapping[str, str] = field(default_factory=dict)
    unmoved: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    settings: tuple[SettingChange, ...] = ()
    unused: tuple[Change, ...] = ()
    is_empty: bool = False
    lacks: bool = False

    @property
    def blocked(self) -> tuple[GateResult, ...]:
        """The results of gates that are closed."""
        return tuple(result for result in self.gates if not result.passed)


@dataclass(frozen=True, slots=True)
class Hold:
    """One version of one image that one environment refuses; `since` is a date, YYYY-MM-DD."""

    environment: str
    image: str
    version: Version
    reason: str
    since: str

    def refuses(self, environment: str, image: str, version: Version) -> bool:
        """Whether it is against this version."""
        return (environment, image) == (self.environment, self.image) and version.matches(self.version)


@dataclass(frozen=True, slots=True)
class Revision:
    """One image set that an environment ran; `changed` are the images that it brought or moved."""

    number: int
    commit: str
    when: str
    author: str
    subject: str
    images: tuple[Image, ...]
    changed: frozenset[str]

    def image(self, name: str) -> Image | None:
        """The image called `name` in this revision."""
        for image in self.images:
            if image.name == name:
                return image
        return None

    def runs(self, name: str, version: Version) -> bool:
        """Whether it had the image `name` at `version`."""
        image = self.image(name)
        return image is not None and image.version.matches(version)


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
        """The name without the hash of its contents that kustomize appends to what it generates, or to a Job."""
        return _HASH.sub("", self.name) if self.kind in ("ConfigMap", "Job", "Secret") else self.name


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
