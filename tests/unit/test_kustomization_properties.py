"""Files are composed as templates that know where each value lies, so the expected bytes need no parser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from promote.errors import ConfigError, EditRefused, PromoteError
from promote.model import Image, Version
from promote.versions.images import ImagesFile, read_images
from promote.versions.insertion import inserted

PLAIN_TAGS = ["v1", "v1.2", "2.0.1", "sha-0a1b2c3", "main_7", "1.4.0-rc.1", "nope", "x86"]
QUOTED_TAGS = ["1.10", "20260101", "1_0", "0x1f", "1e3", "12e5", "y", "On", "null", "2024-01-01", "1.", "017"]
DIGESTS = ["sha256:" + "0" * 64, "sha256:" + "9e" * 32, "sha512:" + "a" * 128]
NAMES = ["a", "a/b", "a-b", "a/b/c", "b", "localhost:5000/a", "newTag", "v1", "images"]
QUICK = settings.get_profile("quick").max_examples
REPOSITORIES = ["r", "a", "localhost:5000/r", "ghcr.io/o/r-1"]

# Which parts of a version each way of writing it holds, tag or digest; the last two ways cannot be edited.
HOLDS = {
    "tag": "t", "inline": "td", "digest": "d", "both": "td",
    "name:tag": "t", "name@digest": "d", "name:tag@digest": "td", "name:tag+digest": "td",
    "nothing": "", "merged": "t",
}  # fmt: skip
WAYS = [*list(HOLDS)[:-2] * 3, "tag", "tag", *HOLDS]


@dataclass(frozen=True)
class Slot:
    """A place in a template for the text of one field, in one style of quotes."""

    key: tuple[str, str]
    quote: str

    def filled(self, text: str) -> str:
        quote = '"' if not self.quote and text in QUOTED_TAGS else self.quote
        return quote + text + quote


Template = list[str | Slot]


@dataclass(frozen=True)
class Item:
    """An image of a template: how it is written, and whether a YAML alias shares its values."""

    image: Image
    way: str
    renamed: bool
    shared: bool

    def texts(self, image: Image) -> dict[str, str]:
        version, inline = image.version, str(image.version)
        at_digest = f"@{version.digest}" if version.digest else ""
        fields = {
            "tag": {"newTag": inline},
            "inline": {"newTag": inline},
            "digest": {"digest": str(version.digest)},
            "both": {"newTag": str(version.tag), "digest": str(version.digest)},
            "name:tag": {"newName": f"{image.repository}:{version.tag}{at_digest}"},
            "name:tag@digest": {"newName": f"{image.repository}:{version.tag}{at_digest}"},
            "name@digest": {"newName": f"{image.repository}{at_digest}"},
            "name:tag+digest": {
                "newName": f"{image.repository}:{version.tag}",
                "digest": str(version.digest),
            },
        }.get(self.way, {})
        name = {"newName": image.repository} if self.renamed else {}
        return {"name": image.name} | name | fields

    def outcome(self, wanted: Version | Image) -> Image | None:
        """What the item must say afterwards, or None where the edit must be refused."""
        old, holds = self.image, HOLDS[self.way]
        repository = wanted.repository if isinstance(wanted, Image) else old.repository
        version = wanted.version if isinstance(wanted, Image) else wanted
        if version != old.version:
            if not holds or ("t" in holds and not version.tag) or ("d" in holds and not version.digest):
                return None
            version = version if "t" in holds else Version(None, version.digest)
        new = Image(old.name, repository, version)
        if repository != old.repository and "newName" not in self.texts(old):
            return None
        return None if new != old and (self.shared or self.way == "merged") else new


@dataclass(frozen=True)
class File:
    """A composed file with its images."""

    template: Template
    items: list[Item]
    line_end: str
    tail: str
    last_line_ends: bool

    def filled(self, images: Mapping[str, Image]) -> bytes:
        values = {
            (item.image.name, field): text
            for item in self.items
            for field, text in item.texts(images[item.image.name]).items()
        }
        parts = [part if isinstance(part, str) else part.filled(values[part.key]) for part in self.template]
        text = "".join(parts) + self.tail
        return (text if self.last_line_ends else text.rstrip("\n")).replace("\n", self.line_end).encode()


@st.composite
def versions(draw: st.DrawFn, parts: str) -> Version:
    tag = draw(st.sampled_from(PLAIN_TAGS + QUOTED_TAGS)) if "t" in parts else None
    return Version(tag, draw(st.sampled_from(DIGESTS)) if "d" in parts else None)


@st.composite
def items(draw: st.DrawFn, name: str) -> Item:
    way = draw(st.sampled_from(WAYS))
    named = way.startswith("name")
    renamed = not named and draw(st.booleans())
    repository = draw(st.sampled_from(REPOSITORIES)) if named or renamed else name
    version = draw(versions(HOLDS[way])) if way != "merged" else Version("v1.2")
    shared = way != "nothing" and draw(st.integers(0, 24)) == 24
    return Item(Image(name, repository, version), way, renamed, shared)


@st.composite
def values(draw: st.DrawFn, item: Item, field: str, number: int) -> Template:
    """A value with its anchor and tag; every field of a shared item has an anchor, `&v<item>_<field>`."""
    text = item.texts(item.image)[field]
    mark = draw(st.sampled_from(["", "", "", "!!str ", f"&w{number}_{field} "]))
    mark = f"&v{number}_{field} " if item.shared else mark
    quotes = ["'", '"'] if text in QUOTED_TAGS else ["", "", "'", '"']
    quote = draw(st.sampled_from(quotes))
    return [mark, Slot((item.image.name, field), quote)]


@st.composite
def fields(draw: st.DrawFn, item: Item, number: int) -> list[tuple[str, Template]]:
    """The keys of an item with their values, in any order, and keys that are none of our business."""
    pairs = [(field, draw(values(item, field, number))) for field in item.texts(item.image)]
    old: Template = [f"'{item.image.version.tag or 'v1'}'"]
    pairs += draw(st.sampled_from([[], [("x", old)], [("tagSuffix", old), ("digests", old)]]))
    pairs = draw(st.permutations(pairs))
    return [("<<", ["*defaults"]), *pairs] if item.way == "merged" else pairs


@st.composite
def keys(draw: st.DrawFn, key: str, indent: str) -> str:
    if key == "<<":
        return "<<: "
    forms = [f"{key}: ", f"{key}:   ", f'"{key}": ', f"'{key}' : ", f"{key}:\t", f"{key}:\n{indent}  "]
    return draw(st.sampled_from([forms[0], *forms]))


@st.composite
def comments(draw: st.DrawFn, item: Item, indent: str) -> str:
    """The end of a line, which may repeat the old texts."""
    old = " ".join(item.texts(item.image).values())
    noise = [f" # {old}\n", f"\n{indent}# newTag: {old}\n", "\n\n", f"\t# é {old}\n", f"\n# - name: {old}\n"]
    return draw(st.sampled_from(["\n", "\n", "\n", *noise]))


@st.composite
def blocks(draw: st.DrawFn, item: Item, number: int, indent: str) -> Template:
    dash = draw(st.sampled_from(["- ", "- ", "-   ", f"-\n{indent}  "]))
    inner = indent + " " * len(dash.split("\n")[-1].removeprefix(indent))
    inner = indent + "  " if "\n" in dash else inner
    template: Template = []
    for position, (key, value) in enumerate(draw(fields(item, number))):
        start = indent + dash if position == 0 else inner
        explicit = key != "<<" and draw(st.integers(0, 9)) == 0
        head = f"? {key}\n{inner}: " if explicit else draw(keys(key, inner))
        template += [start, head, *value, draw(comments(item, inner))]
    return template


@st.composite
def flows(draw: st.DrawFn, item: Item, number: int) -> Template:
    comma = draw(st.sampled_from([", ", " ,", ",\n      ", " , # v1, newTag: v1\n     "]))
    template: Template = ["{"]
    for position, (key, value) in enumerate(draw(fields(item, number))):
        head = draw(st.sampled_from([f"{key}: ", f"{key}: ", f'"{key}": ', f"'{key}' :  "]))
        template += [comma if position else "", "<<: " if key == "<<" else head, *value]
    return [*template, draw(st.sampled_from(["}", " }", "\n    }", ",}"]))]


@st.composite
def image_lists(draw: st.DrawFn, members: list[Item]) -> Template:
    if draw(st.integers(0, 3)) == 0:
        template: Template = [draw(st.sampled_from(["images: [", "images:\n  [ ", '"images": [']))]
        for number, item in enumerate(members):
            template += [", " if number else "", *draw(flows(item, number))]
        return [*template, draw(st.sampled_from(["]\n", " ] # v1\n", ",\n  ]\n"]))]
    indent = draw(st.sampled_from(["", "  ", "     "]))
    template = [draw(st.sampled_from(["images:\n", "images: # v1\n", "'images':\n\n", "? images\n:\n"]))]
    indent = indent or ("  " if str(template[0]).startswith("?") else "")
    for number, item in enumerate(members):
        if draw(st.integers(0, 3)) == 0:
            template += [f"{indent}- ", *draw(flows(item, number)), draw(comments(item, indent))]
        else:
            template += draw(blocks(item, number, indent))
    return template


@st.composite
def decoys(draw: st.DrawFn, item: Item) -> list[str]:
    """Other keys of the root, which hold the same texts."""
    name, old = item.image.name, item.image.version.tag or item.image.version.digest or "v1"
    kinds = [
        f"# images:\n# - name: {name}\n#   newTag: {old}\n",
        f"patches:\n- patch: |-\n    images:\n    - name: {name}\n      newTag: {old}\n\n",
        f"configMapGenerator:\n- name: c\n  literals: ['newTag={old}', \"{name}={old}\"] # {old}\n",
        f"commonAnnotations: {{newTag: '{old}', name: \"{name}\"}}\n",
        "resources: [pod.yaml]\n",
        f"x-images:\n  - name: {name}\n    newTag: !!str {old}\n",
    ]
    return draw(st.lists(st.sampled_from(kinds), unique=True, max_size=3))


@st.composite
def files(draw: st.DrawFn) -> File:
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True))
    members = [draw(items(name)) for name in names]
    extra = draw(decoys(members[0]))
    middle = draw(st.integers(0, len(extra)))
    head = draw(st.sampled_from(["", "", "\ufeff", "---\n", "--- # images:\n", "%YAML 1.1\n---\n", "\n# é\n"]))
    defaults = ["x-defaults: &defaults {newTag: v1.2}\n"] if any(m.way == "merged" for m in members) else []
    uses = [
        f"x-{number}: [{', '.join(f'*v{number}_{field}' for field in item.texts(item.image))}]\n"
        for number, item in enumerate(members)
        if item.shared
    ]
    template: Template = [head, *defaults, *extra[:middle]]
    template += [*draw(image_lists(members)), *extra[middle:], *uses]
    tails = ["---\nimages:\n- name: a\n  newTag: v1\n", "--- [}\n", "...\n# v1\n", "x-z: v1\n"]
    tail = draw(st.sampled_from(["", "", "", *tails]))
    return File(
        template,
        members,
        draw(st.sampled_from(["\n", "\n", "\r\n", "\r\n", "\r"])),
        tail,
        draw(st.booleans()),
    )


@st.composite
def wishes(draw: st.DrawFn, item: Item) -> Version | Image:
    """A version, and sometimes a name, which the item can often take."""
    holds = HOLDS[item.way] or "t"
    parts = draw(st.sampled_from([holds, holds, holds, holds, "td", "td", "td", "t", "d"]))
    version = draw(versions(parts))
    named = "newName" in item.texts(item.image)
    if draw(st.integers(0, 24)) % (3 if named else 24):
        return version
    return Image(item.image.name, draw(st.sampled_from(REPOSITORIES)), version)


@st.composite
def cases(draw: st.DrawFn) -> tuple[File, dict[str, Version | Image]]:
    file = draw(files())
    chosen = draw(st.lists(st.sampled_from(file.items), min_size=1, max_size=3, unique_by=id))
    return file, {item.image.name: draw(wishes(item)) for item in chosen}


def many(times: int) -> settings:
    """So many times the examples of the thorough profile, and a twelfth of that in the quick one."""
    each = settings().max_examples if settings().max_examples > QUICK else QUICK // 4
    return settings(max_examples=times * each, suppress_health_check=list(HealthCheck))


@many(24)
@given(cases())
def test_an_edit_gives_exactly_the_expected_bytes_or_is_refused(
    case: tuple[File, dict[str, Version | Image]],
) -> None:
    file, wanted = case
    before = {item.image.name: item.image for item in file.items}
    data = file.filled(before)
    assert read_images(data, "k.yaml") == tuple(before.values())
    outcomes = {
        item.image.name: item.outcome(wanted[item.image.name]) for item in file.items if item.image.name in wanted
    }
    after = before | {name: image for name, image in outcomes.items() if image}
    try:
        result = ImagesFile.parse(data, "k.yaml").with_versions(wanted).data
    except EditRefused:
        assert None in outcomes.values()
    else:
        assert result == file.filled(after)
        assert None not in outcomes.values()
        assert read_images(result, "k.yaml") == tuple(after.values())


@many(4)
@given(files(), st.data())
def test_an_item_without_a_version_gets_one_and_keeps_every_other_byte(file: File, data: st.DataObject) -> None:
    before = {item.image.name: item.image for item in file.items}
    lacking = [image for image in before.values() if not image.version.is_set]
    wanted = {image.name: replace(image, version=data.draw(versions("td"))) for image in lacking}
    old = ImagesFile.parse(file.filled(before), "k.yaml")
    try:
        result = inserted(old, list(wanted.values()))
    except EditRefused:
        # Lines that end with a carriage return alone.
        assert file.line_end == "\r"
        return
    except ConfigError:
        # A second document that is not YAML: what follows the first one cannot be compared.
        assert file.tail == "--- [}\n"
        return
    assert read_images(result, "k.yaml") == tuple((before | wanted).values())
    rest = iter(result)
    assert all(byte in rest for byte in old.data)


FRAGMENTS = [
    "images:", "name: a", "newTag: v1", "newName: r", "digest: d", "é: b", "\n", "\n- ", "\n  ", "- ",
    " ", "\t", "\r", ": ", "? ", "{", "}", "[", "]", ",", "'", '"', "&a ", "*a", "<<: *a", "!!str ",
    "!", "|", ">-", "#", "---\n", "...", "%YAML 1.1\n", "\\", '"\\UFFFFFFFF"', '"\\ud800"', "\x85",
    "\u2028", "\ufeff", "\x00", "1.10", "~", "@", "`", "a",
]  # fmt: skip
WISH = {"a": Version("v2")}


def attempt(data: bytes, wanted: Mapping[str, Version | Image]) -> bytes | None:
    """The edited file, or None where an error of ours explains, on one line, why there is none."""
    try:
        return ImagesFile.parse(data, "k.yaml").with_versions(wanted).data
    except PromoteError as error:
        message = str(error)
    assert message.startswith("k.yaml:")
    assert len(message.splitlines()) == 1
    return None


@many(18)
@given(st.binary() | st.text().map(str.encode) | st.lists(st.sampled_from(FRAGMENTS)).map("".join).map(str.encode))
def test_any_bytes_are_edited_or_refused_with_one_line(data: bytes) -> None:
    result = attempt(data, WISH)
    assert result is None or read_images(result, "k.yaml")


def first_document(data: bytes) -> Any:
    """The data without the versions of the images, or None where PyYAML's own constructor gives up."""
    try:
        document = next(yaml.safe_load_all(data.decode()))
    except (yaml.YAMLError, ValueError):
        return None
    for item in document["images"]:
        for field in ("newName", "newTag", "digest"):
            item.pop(field, None)
    return document


@many(8)
@given(cases(), st.data())
def test_damaged_files_are_edited_in_the_named_images_only_or_refused(
    case: tuple[File, dict[str, Version | Image]], data: st.DataObject
) -> None:
    file, wanted = case
    text = file.filled({item.image.name: item.image for item in file.items}).decode()
    cut = data.draw(st.integers(0, len(text)))
    damaged = text[:cut] + data.draw(st.sampled_from(FRAGMENTS)) + text[cut + data.draw(st.integers(0, 3)) :]
    result = attempt(damaged.encode(), wanted)
    if result is None:
        return
    assert first_document(result) == first_document(damaged.encode())
    before, after = (read_images(content, "k.yaml") for content in (damaged.encode(), result))
    assert [image.name for image in before] == [image.name for image in after]
    assert [i for i in before if i.name not in wanted] == [i for i in after if i.name not in wanted]
