"""What is fuzzed: each target takes any bytes, and fails unless they are read, or refused in one line.

A target also asserts what its parser promises of what it has read. The inputs in `SEEDS` are valid ones, from which a
fuzzer starts; `tests/unit/test_fuzz.py` runs every target on all of them and on what was once found.
"""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

import yaml

from promote.checks import rules, screen, waivers
from promote.checks.policies import _SCHEMA
from promote.cluster import kubeconfig, quantity
from promote.errors import ConfigError, EditRefused, PromoteError, UsageError
from promote.forge.records import record_of
from promote.kustomize import diagnosis, documents
from promote.model import Hold, Version, is_tag
from promote.oci import address, challenge
from promote.oci.credentials import DockerConfig
from promote.output import markup
from promote.repository import config, holds
from promote.system import durations, printable
from promote.versions import fields, semver
from promote.versions.follow import Follow
from promote.versions.images import ImagesFile
from promote.yamltext import reader

Target = Callable[[bytes], None]
_OTHER = Version("9.9.9-fuzz")
_WAIVERS = reader.from_json(_SCHEMA.read_bytes())
_FOLDER = Path(tempfile.gettempdir())


def _one_line(error: PromoteError, start: str = "") -> None:
    assert str(error).startswith(start), f"an error that does not begin with {start}"
    assert str(error).strip(), "an error without a text"
    assert len(str(error)) < 2000, "an error as long as its input"


def manifests(data: bytes) -> None:
    """Manifests: what was read can be written as JSON and read again; nodes never fail."""
    text = data.decode("utf-8", "replace")
    for node in documents.nodes(text):
        with suppress(yaml.YAMLError):
            reader.value(node)
    try:
        lines = documents.canonical(text, "a.yaml")
    except PromoteError as error:
        _one_line(error)
        return
    again = documents.canonical(documents.SEPARATOR.join(f"{line}\n" for line in lines), "b.yaml")
    assert again == lines


def images(data: bytes) -> None:
    """An `images:` list: with another version, no byte changes outside of the values, and that version is read."""
    try:
        file = ImagesFile.parse(data, "kustomization.yaml")
    except PromoteError as error:
        _one_line(error)
        return
    for image in file.images:
        try:
            after = file.with_versions({image.name: _OTHER})
        except EditRefused as error:
            _one_line(error)
            continue
        assert next(one for one in after.images if one.name == image.name).version.tag in (_OTHER.tag, None)
        pairs = zip(file.images, after.images, strict=True)
        assert all(one == other for one, other in pairs if one.name != image.name)
        nodes = [node for entry in after.entries.values() for node in entry.nodes.values()]
        old = [node for entry in file.entries.values() for node in entry.nodes.values()]
        assert after.text.outside(nodes) == file.text.outside(old)
        with suppress(UsageError):  # what was there may not be a valid tag, which nobody can ask for
            assert after.with_versions({image.name: image}).images == file.images


def settings(data: bytes) -> None:
    """promote.yaml."""
    try:
        config.parse(data)
    except PromoteError as error:
        _one_line(error, "promote.yaml:")


def held(data: bytes) -> None:
    """holds.yaml: one more hold is added, and taken back, and the others stay."""
    more = Hold("production", "shop/fuzz", _OTHER, "found\nby: fuzzing", "2026-01-02")
    try:
        before = holds.read(data)
        after = holds.add(data, [more])
    except PromoteError as error:
        _one_line(error)
        return
    if any(one.refuses(more.environment, more.image, more.version) for one in before):
        return
    assert holds.read(after) == (*before, more)
    try:
        assert holds.read(holds.remove(after, [more])) == before
    except EditRefused as error:
        _one_line(error)


def waived(data: bytes) -> None:
    """waivers.yaml."""
    try:
        waivers.parse(data, "waivers.yaml", _WAIVERS, ["images.tag"], date(2026, 1, 2))
    except PromoteError as error:
        _one_line(error)


def metadata(data: bytes) -> None:
    """The comments of a Rego file."""
    text = data.decode("utf-8", "replace")
    try:
        screen.rego(text, "a.rego")
        rules.read({"a.rego": text})
        rules.select({"a.rego": text}, "general")
    except PromoteError as error:
        _one_line(error)


def texts(data: bytes) -> None:
    """Durations, dates, quantities, references, versions and tags; and how text is shown."""
    text = data.decode("utf-8", "replace")
    with suppress(ValueError):
        length = durations.parse(text)
        durations.spoken(length)
        assert datetime(2026, 1, 2, tzinfo=UTC) + length
    when = durations.instant(text)
    assert durations.moment(when).endswith("Z")
    assert when <= datetime.now(UTC) or when
    with suppress(ValueError):
        assert not math.isnan(quantity.number(text))
    with suppress(PromoteError):
        fields.check_field("a:1", "newName", text)
        fields.split(text)
    with suppress(PromoteError):
        version = Version.parse(text)
        assert Version.parse(str(version)) == version
    shown = printable.shown(text)
    assert printable.shown(shown) == shown
    assert "\n" not in markup.inline(text) + markup.code(text)
    escaped = printable.json_escaped(json.dumps(text, ensure_ascii=False))
    assert json.loads(printable.harmless(escaped, json=True)) == text


def values(data: bytes) -> None:
    """JSON of forges, clusters and programs: what is read is JSON again, in UTF-8."""
    with suppress(ValueError):
        json.dumps(reader.from_json(data), ensure_ascii=False, allow_nan=False).encode()


def record(data: bytes) -> None:
    """A pull request of the local forge."""
    try:
        pull = record_of("1.json", data, "refs/promote/pulls")
    except ConfigError as error:
        _one_line(error)
        return
    assert pull.number == 1
    pull.title.encode()


def kubeconfigs(data: bytes) -> None:
    """A kubeconfig, as far as promote reads it by itself."""
    file = _FOLDER / "promote-fuzz-kubeconfig"
    file.write_bytes(data)
    try:
        kubeconfig._contexts(str(file))
        kubeconfig._current(str(file))
    except PromoteError as error:
        _one_line(error)


def registries(data: bytes) -> None:
    """What a registry and Docker's configuration say, and names of images: a name that was read is read again."""
    text = data.decode("utf-8", "replace")
    found = challenge.parse(text)
    assert found is None or found.scheme in ("basic", "bearer")
    try:
        repository = address.parse(text)
        assert address.parse(repository.name) == repository
    except UsageError as error:
        _one_line(error)
    file = _FOLDER / "promote-fuzz-docker.json"
    # No program is to be started here.
    file.write_bytes(data.replace(b"cred", b""))
    try:
        DockerConfig(file).of("ghcr.io")
    except ConfigError as error:
        _one_line(error)


def reasons(data: bytes) -> None:
    """What kustomize says, about a kustomization of which the input is a part."""
    said, _, text = data.partition(b"\0")
    folder = _FOLDER / "promote-fuzz-kustomization"
    folder.mkdir(exist_ok=True)
    (folder / "kustomization.yaml").write_bytes(text)
    reason = said.decode("utf-8", "replace")
    diagnosis.essence(reason)
    fault = diagnosis.fault(folder, reason)
    assert fault is None or fault.line > 0


def followed(data: bytes) -> None:
    """A range of versions and, after a line feed, tags: what is in the range is a version, and in the range alone."""
    text, *lines = data.decode("utf-8", "replace").split("\n")
    text, tags = text[:200], filter(is_tag, lines)  # as long as the schema of promote.yaml allows
    try:
        found = semver.Range.parse(text)
    except semver.InvalidRange:
        return
    for place, same in Follow(text).newest_first({tag: tag for tag in tags}, ""):
        assert found.has(place)
        assert {semver.precedence(tag) for tag in same} == {place}


TARGETS: dict[str, Target] = {
    "manifests": manifests,
    "images": images,
    "settings": settings,
    "holds": held,
    "waivers": waived,
    "metadata": metadata,
    "texts": texts,
    "json": values,
    "record": record,
    "kubeconfig": kubeconfigs,
    "registries": registries,
    "follow": followed,
    "reasons": reasons,
}
_KUSTOMIZATION = b"""\
resources: [base, web.yaml]
patches:
- target: {kind: Deployment}
  patch: |-
    - {op: replace, path: /spec/replicas, value: 2}
images:
- &web {name: shop/web, newTag: "1.0"}
- name: shop/cart
  newName: example.org:5000/cart
  newTag: 1.1.0@sha256:%s  # comment
""" % (b"0" * 64)
_CONFIG = b"""\
environments:
  staging: {path: overlays/staging}
  production:
    path: overlays/production
    gates:
      soak: 1d 12h
      freeze: [{start: Friday 16:00, end: Monday 06:00, timezone: UTC, reason: weekend}]
services: {web: [shop/web]}
"""
_REASON = (
    b"Error: accumulating resources: accumulation err='accumulating resources from '../base': '/a/base' must resolve "
    b"to a file': recursed accumulation of path '/a/base': no matches for Id Deployment.v1.apps/web.[noNs]; failed"
)
SEEDS: dict[str, tuple[bytes, ...]] = {
    "manifests": (
        b"apiVersion: v1\nkind: List\nitems:\n- &a {kind: Pod, spec: {x: [1, 0x2, .5, 1e3, y, ~, 2026-01-02]}}\n"
        b"- *a\n"
        b"---\nkind: A\na: {<<: {b: c}}\nd: |\n  text\ne: !!str 1\n\"f\": '\\u2028'\ng: =\n",
    ),
    "images": (_KUSTOMIZATION, b"images: [{name: a, newTag: b}]\r\n", b'images:\n- name: "a"\n  digest: sha256:00\n'),
    "settings": (_CONFIG,),
    "holds": (
        holds.add(None, [Hold("staging", "shop/web", Version("1.0"), "broken", "2026-01-01")]),
        b"# kept\nholds: []\n",
    ),
    "waivers": (
        b"waivers:\n- rule: images.tag\n  resource: {kind: Pod, namespace: a, name: b}\n  reason: because of it\n"
        b"  owner: team\n  ticket: OPS-1\n  expires: '2026-02-03'\n",
    ),
    "metadata": (
        b"# METADATA\n# title: A\n# description: B.\n# custom:\n#   id: a.b\n#   fix: c\n#   profile: general\n"
        b'package rules.a.b\n\nimport rego.v1\n\ndeny contains {"msg": "x"} if data.table.x\n',
    ),
    "texts": (b"1d 12h", b"2026-01-02T03:04:05+02:00", b"1.5Gi", b"example.org:5000/a/b:1.0@sha256:00", b"@a ##[x]"),
    "json": (b'{"number": 1, "title": "\\ud83d\\ude00 \\ud800", "list": [1.5e3, -0, null, true]}',),
    "record": (
        b'{"number": 1, "url": "local:1", "title": "t", "body": "", "head": "a/b", "base": "main", "head_commit": '
        b'"%s", "state": "open"}' % (b"0" * 40),
    ),
    "kubeconfig": (b"current-context: a\ncontexts: [{name: a, context: {cluster: c}}]\n",),
    "registries": (
        b'Bearer realm="https://a.example/t",service="a \\" b", Basic realm=x',
        b"localhost:5000/a/b_c/d.e-f",
        b'{"auths": {"https://ghcr.io/v2/": {"auth": "YTpi"}, "b": {"identitytoken": "c"}}}',
    ),
    "follow": (b">=1.4 <2 || ~3.0.0-rc.1, !=3.x\n1.4.0\nv1.9.9\n3.0.0-rc.2\n1.4\nlatest", b"1.2 - 1.4.5\n1.4.5-01"),
    "reasons": (_REASON + b"\0" + _KUSTOMIZATION, b'Error: json: unknown field "imagse"\0imagse: []\n'),
}
