"""Exact bytes in, exact bytes out; and the real kustomize agrees with what was read."""

from __future__ import annotations

from pathlib import Path

import pytest

from promote.errors import ConfigError, EditRefused, UsageError
from promote.kustomize.files import FILE_NAMES
from promote.model import Image, Version
from promote.system.process import run
from promote.versions.images import ImagesFile, read_images

KUSTOMIZE = Path(__file__).parents[2] / ".tools" / "bin" / "kustomize"
OLD, NEW = "sha256:" + "a" * 64, "sha256:" + "b" * 64
POD = "{{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {{containers: [{{name: c, image: '{}'}}]}}}}"


def item(fields: str) -> str:
    """A kustomization whose image `a` has these fields, written `field: value; field: value`."""
    return "images:\n- name: a\n" + "".join(f"  {field}\n" for field in fields.split("; ") if field)


def edited(text: str, wanted: Version | Image, name: str = "a") -> str:
    return ImagesFile.parse(text.encode(), "k.yaml").with_versions({name: wanted}).data.decode()


def refusal(text: str, wanted: Version | Image, name: str = "a") -> str:
    with pytest.raises(EditRefused) as caught:
        ImagesFile.parse(text.encode(), "k.yaml").with_versions({name: wanted})
    return str(caught.value)


def complaint(data: bytes) -> str:
    with pytest.raises(ConfigError) as caught:
        read_images(data, "k.yaml")
    return str(caught.value)


def rendered(folder: Path, text: str, image: str = "a:manifest") -> str | None:
    """The image that kustomize renders for a container with `image`, or None when it fails."""
    (folder / "pod.yaml").write_text(POD.format(image))
    resources = "" if "resources" in text else "resources: [pod.yaml]\n"
    (folder / "kustomization.yaml").write_bytes((resources + text).encode())
    result = run([KUSTOMIZE, "build", folder])
    return None if result.code else result.text.partition("image: ")[2].split("\n")[0].strip("'\"")


# What each encoding says, and what a manifest must hold for kustomize to render it so.
ENCODINGS = [
    ("newTag: v1", "a", Version("v1"), "a:manifest"),
    ("newTag: '1.10'", "a", Version("1.10"), "a:manifest"),
    (f"digest: {OLD}", "a", Version(None, OLD), "a:manifest"),
    (f"newTag: v1; digest: {OLD}", "a", Version("v1", OLD), "a:manifest"),
    (f"newTag: v1@{OLD}", "a", Version("v1", OLD), "a:manifest"),
    ("newName: r/s; newTag: v1", "r/s", Version("v1"), "a:manifest"),
    ("newName: localhost:5000/x; newTag: v1", "localhost:5000/x", Version("v1"), "a:manifest"),
    (f"newName: localhost:5000/x; digest: {OLD}", "localhost:5000/x", Version(None, OLD), "a:manifest"),
    (f"newName: r:v1; digest: {OLD}", "r", Version("v1", OLD), "a:manifest"),
    ("newName: r:v1", "r", Version("v1"), "a"),
    ("newName: localhost:5000/x:v1", "localhost:5000/x", Version("v1"), "a"),
    (f"newName: localhost:5000/x:v1@{OLD}", "localhost:5000/x", Version("v1", OLD), "a"),
    (f"newName: r@{OLD}", "r", Version(None, OLD), "a"),
    ("newName: r", "r", Version(), "a"),
    ("newTag:; digest: ''", "a", Version(), "a"),
    ("newTag: ~; newName: null", "a", Version(), "a"),
    ("? newTag; : v1", "a", Version("v1"), "a"),
    ("newTag: !!str 1.10", "a", Version("1.10"), "a"),
    ("newTag: &anchor v1; newName: *anchor", "v1", Version("v1"), "a"),
    ("<<: {newTag: v1, newName: r}; newTag: v2", "r", Version("v2"), "a"),
    ('newTag: "v\\x31"', "a", Version("v1"), "a"),
    ("newTag: |-;   v1", "a", Version("v1"), "a"),
    ("newTag: v1; tagSuffix: -x", "a", Version("v1"), "a"),
    ("newTag:\tv1\t# comment", "a", Version("v1"), "a"),
]


@pytest.mark.parametrize(("fields", "repository", "version", "manifest"), ENCODINGS)
def test_reads_what_kustomize_renders(
    tmp_path: Path, fields: str, repository: str, version: Version, manifest: str
) -> None:
    (image,) = read_images(item(fields).encode(), "k.yaml")
    assert image == Image("a", repository, version)
    assert rendered(tmp_path, item(fields), manifest) == image.reference


FILES = [
    "images: [{name: a, newTag: v1}]",
    '{"images":[{"name":"a","newTag":"v1"}],"resources":["pod.yaml"]}',
    '{\n\t"images": [\n\t\t{"name": "a", "newTag": "v1"}\n\t],\n\t"resources": ["pod.yaml"]\n}',
    "images:\r\n- name: a\r\n  newTag: v1\r\n",
    "images:\r- name: a\r  newTag: v1\r",
    "images:\n- name: a\n  newTag: v1\u0085# next line\u2028# line separator\n",
    "images: [{name: a, newTag: v1}]\n---\nimages: [{name: a, newTag: v2}]\n",
    "images: [{name: a, newTag: v1}]\n--- # anything\nimages: [}\n",
    "images: [{name: a, newTag: v1}]\n...\nimages: [{name: a, newTag: v2}]\n",
    "images:\n- &d {name: b, newTag: v1}\n- &e {newTag: v2, name: c}\n- {<<: [*d, *e], name: a}\n",
    "images:\n- name: x\n  newTag: v1 # a\n-    name: a\n     newTag: v1\n",
    "\ufeffresources: [pod.yaml]\nimages: [{name: a, newTag: v1}]\n",
    "%YAML 1.1\n---\nresources: [pod.yaml]\nimages: [{name: a, newTag: v1}]\n",
    "--- # first\nresources: [pod.yaml]\nimages: [{name: a, newTag: v1}]\n",
    "# comment\n---\nresources: [pod.yaml]\nimages: [{name: a, newTag: v1}]\n",
]


@pytest.mark.parametrize("text", FILES)
def test_reads_every_style_as_kustomize_does(tmp_path: Path, text: str) -> None:
    assert read_images(text.encode(), "k.yaml")[-1] == Image("a", "a", Version("v1"))
    assert rendered(tmp_path, text) == "a:v1"


NO_STRINGS = "1.10 20260101 1_0 0x1f 0X1F 0b11 0o17 017 09 1e3 12e5 1E5 1. 1.e5 0._5 1__0.5 y N on Off true"
STRINGS = "v1 1.2.3 _1 123e456 0b12 0o18 1.10-rc 2024-01-01 yEs nan inf 0x99999999999999999999 e5 0x1p-2"
MAYBE_STRINGS = f"{NO_STRINGS} null Null 2024-01-01 1e999 0x"
PLAIN = "v2 1.2.3 0beef deadbeef 1.10-rc x_1 null-2 2024.01.01"


@pytest.mark.parametrize("word", NO_STRINGS.split())
def test_words_that_kustomize_takes_for_no_string_are_refused(tmp_path: Path, word: str) -> None:
    assert rendered(tmp_path, item(f"newTag: {word}")) is None
    assert complaint(item(f"newTag: {word}").encode()) == (
        "k.yaml:3: kustomize does not read newTag as a string; put the value in quotes"
    )


@pytest.mark.parametrize("word", STRINGS.split())
def test_words_that_kustomize_takes_for_strings_are_read(tmp_path: Path, word: str) -> None:
    assert rendered(tmp_path, item(f"newTag: {word}")) == f"a:{word}"
    assert read_images(item(f"newTag: {word}").encode(), "k.yaml")[0].version == Version(word)


@pytest.mark.parametrize("word", MAYBE_STRINGS.split())
def test_a_plain_tag_gets_quotes_where_it_might_be_no_string(tmp_path: Path, word: str) -> None:
    after = edited(item("newTag: v1 # why"), Version(word))
    assert after == item(f'newTag: "{word}" # why')
    assert rendered(tmp_path, after) == f"a:{word}"


@pytest.mark.parametrize("word", PLAIN.split())
def test_a_plain_tag_stays_plain_where_it_is_a_string(tmp_path: Path, word: str) -> None:
    after = edited(item("newTag: v1 # why"), Version(word))
    assert after == item(f"newTag: {word} # why")
    assert rendered(tmp_path, after) == f"a:{word}"


EDITS = [
    ("newTag: v1", Version("v2"), "newTag: v2"),
    ("newTag: 'v1'", Version("1.10"), "newTag: '1.10'"),
    ('newTag:   "v1"   # v1', Version("v2"), 'newTag:   "v2"   # v1'),
    ('newTag: "v\\x31"', Version("v2"), 'newTag: "v2"'),
    ("newTag: !!str 1.10", Version("v2"), "newTag: !!str v2"),
    ("newTag: &v v1", Version("v2"), "newTag: &v v2"),
    ("newTag: &v !!str 'v1'", Version("v2"), "newTag: &v !!str 'v2'"),
    ("newTag: v1", Version("1.10", NEW), f"newTag: 1.10@{NEW}"),
    (f"newTag: v1@{OLD}", Version("v2", NEW), f"newTag: v2@{NEW}"),
    (f"newTag: v1; digest: {OLD}", Version("v2", NEW), f"newTag: v2; digest: {NEW}"),
    (f"digest: {OLD}; newTag: v1", Version("v1", NEW), f"digest: {NEW}; newTag: v1"),
    (f"digest: {OLD}", Version(None, NEW), f"digest: {NEW}"),
    (f"digest: {OLD}", Version("v2", NEW), f"digest: {NEW}"),
    ("newName: localhost:5000/x:v1", Version("v2"), "newName: localhost:5000/x:v2"),
    ("newName: r:v1", Version("v2", NEW), f"newName: r:v2@{NEW}"),
    (f"newName: r:v1@{OLD}", Version("v2", NEW), f"newName: r:v2@{NEW}"),
    (f"newName: r@{OLD}", Version("v2", NEW), f"newName: r@{NEW}"),
    (f"newName: r:v1; digest: {OLD}", Version("v2", NEW), f"newName: r:v2; digest: {NEW}"),
    ("newName: r; newTag: v1", Version("v2"), "newName: r; newTag: v2"),
    ("newName: r; newTag: v1", Image("a", "q:5000/r", Version("v2")), "newName: q:5000/r; newTag: v2"),
    ("newName: r; newTag: v1", Image("a", "s", Version("v1")), "newName: s; newTag: v1"),
    ("newName: r", Image("a", "s", Version()), "newName: s"),
    ("newName: r:v1", Image("a", "s", Version("v2")), "newName: s:v2"),
    ("newTag: v1", Image("other", "a", Version("v2")), "newTag: v2"),
    # An empty digest says where one goes.
    ('newTag: v1; digest: ""', Version("v2", NEW), f'newTag: v2; digest: "{NEW}"'),
    ("digest: ''; newTag: v1", Version("v1", NEW), f"digest: '{NEW}'; newTag: v1"),
    ('newTag: v1; digest: ""', Version("v2"), 'newTag: v2; digest: ""'),
    ('newName: r:v1; digest: ""', Version("v2", NEW), f'newName: r:v2; digest: "{NEW}"'),
    (f'newTag: v1@{OLD}; digest: ""', Version("v2", NEW), f'newTag: v2@{NEW}; digest: ""'),
    (f'newName: r:v1@{OLD}; digest: ""', Version("v2", NEW), f'newName: r:v2@{NEW}; digest: ""'),
    ("newTag: v1; digest:", Version("v2", NEW), f"newTag: v2@{NEW}; digest:"),
]


@pytest.mark.parametrize(("fields", "wanted", "expected"), EDITS)
def test_every_part_is_set_in_the_field_that_holds_it(
    tmp_path: Path, fields: str, wanted: Version | Image, expected: str
) -> None:
    after = edited(item(fields), wanted)
    assert after == item(expected)
    (image,) = read_images(after.encode(), "k.yaml")
    assert rendered(tmp_path, after, "a") == image.reference


@pytest.mark.parametrize("text", FILES)
def test_every_style_is_kept(text: str) -> None:
    if "<<" not in text:
        before, _, after = text.rpartition("v1")
        assert edited(text, Version("v9")) == before + "v9" + after


UNCHANGED = [
    ("newTag: v1", Version("v1")),
    ("newTag: ${TAG}", Version("${TAG}")),
    (f"digest: {OLD}", Version("v2", OLD)),
    ("newTag: |-;   v1", Version("v1")),
    ("newName: r", Version()),
    (f'newTag: v1@{OLD}; digest: ""', Version("v1", OLD)),
]


@pytest.mark.parametrize(("fields", "wanted"), UNCHANGED)
def test_what_is_there_already_stays_identical(fields: str, wanted: Version) -> None:
    assert edited(item(fields), wanted) == item(fields)


def test_only_the_named_images_change_however_alike_they_are() -> None:
    text = (
        "# a v1\nimages:\n- name: a/b\n  newTag: v1\n- newTag: v1 # a: v1\n  name: a\n"
        "- {name: a-b, newTag: v1}\npatches: [{patch: 'images: [{name: a, newTag: v1}]'}]\n"
    )
    after = (
        ImagesFile.parse(text.encode(), "k.yaml")
        .with_versions({"a": Version("v2"), "a-b": Version("on")})
        .data.decode()
    )
    expected = text.replace("- newTag: v1", "- newTag: v2").replace(
        "name: a-b, newTag: v1", 'name: a-b, newTag: "on"'
    )
    assert after == expected


REFUSALS = [
    (f"newTag: v1; digest: {OLD}", Version("v2"), "has a digest, which would not match a new tag"),
    (f"newTag: v1@{OLD}", Version("v2"), "has a digest, which would not match a new tag"),
    (f"digest: {OLD}", Version("v2"), "has a digest, which would not match a new tag"),
    (f"newName: r:v1@{OLD}", Version("v2"), "has a digest, which would not match a new tag"),
    (f"newName: r@{OLD}", Version("v2"), "has a digest, which would not match a new tag"),
    (f"newTag: v1; digest: {OLD}", Version(None, NEW), "has a tag, which would not match a new digest"),
    ("newTag: v1", Version(None, NEW), "has a tag, which would not match a new digest"),
    ("newName: r", Version("v2"), "has no version to replace; let --add give it one"),
    ("tagSuffix: -x", Version("v2"), "has no version to replace; let --add give it one"),
    ("newTag:", Version("v2"), "has no version to replace; let --add give it one"),
    ("newTag: v1", Image("a", "r", Version("v2")), "has no newName to change to 'r'; add one by hand"),
    ("newName: r; newTag: v1", Image("a", "r s", Version("v2")), "cannot be renamed to 'r s'"),
    ("newTag: |-;   v1", Version("v2"), "the value spans several lines"),
    ("newTag: >-;   v1", Version("v2"), "the value spans several lines"),
    ('newTag: "v\\;   1"', Version("v2"), "the value spans several lines"),
    ("newName: 'r''s:v1'", Version("v2"), "no edit was found that changes only this value; change it by hand"),
    ("newTag: &v v1; x: *v", Version("v2"), "a YAML anchor, alias or merge key uses this value"),
    ("x: &v v1; newTag: *v", Version("v2"), "a YAML anchor, alias or merge key uses this value"),
    ("<<: {newTag: v1}", Version("v2"), "a YAML anchor, alias or merge key uses this value"),
]


@pytest.mark.parametrize(("fields", "wanted", "reason"), REFUSALS)
def test_what_cannot_be_said_exactly_is_refused(fields: str, wanted: Version | Image, reason: str) -> None:
    message = refusal(item(fields), wanted)
    assert message.startswith("k.yaml:")
    assert reason in message


WITHOUT_A_DIGEST = [
    (f"newTag: v1@{OLD}", "newTag: v2"),
    (f'newTag: "v1@{OLD}"', 'newTag: "v2"'),
    (f"newName: r:v1@{OLD}", "newName: r:v2"),
    (f"newTag: v1; digest: {OLD}", 'newTag: v2; digest: ""'),
    (f"digest: '{OLD}'; newTag: v1", "digest: ''; newTag: v2"),
    (f"newName: r:v1; digest: {OLD}", 'newName: r:v2; digest: ""'),
    (f'newTag: v1@{OLD}; digest: ""', 'newTag: v2; digest: ""'),
]


@pytest.mark.parametrize(("fields", "expected"), WITHOUT_A_DIGEST)
def test_the_past_may_have_no_digest(tmp_path: Path, fields: str, expected: str) -> None:
    before = ImagesFile.parse(item(fields).encode(), "k.yaml")
    after = before.with_versions({"a": Version("v2")}, whole=True).data.decode()
    assert after == item(expected)
    assert rendered(tmp_path, after, "a") == ("r:v2" if "newName" in fields else "a:v2")


WITHOUT_A_TAG = [
    (f"newTag: v1; digest: {OLD}", f'newTag: ""; digest: {NEW}'),
    (f"digest: '{OLD}'; newTag: 'v1'", f"digest: '{NEW}'; newTag: ''"),
    (f"newName: r:v1; digest: {OLD}", f"newName: r; digest: {NEW}"),
    ('newTag: v1; digest: ""', f'newTag: ""; digest: "{NEW}"'),
]


@pytest.mark.parametrize(("fields", "expected"), WITHOUT_A_TAG)
def test_the_past_may_have_no_tag(tmp_path: Path, fields: str, expected: str) -> None:
    before = ImagesFile.parse(item(fields).encode(), "k.yaml")
    after = before.with_versions({"a": Version(None, NEW)}, whole=True)
    assert after.data.decode() == item(expected)
    assert rendered(tmp_path, after.data.decode(), "a:v0") == f"{'r' if 'newName' in fields else 'a'}@{NEW}"
    # The next release finds the places of both.
    again = after.with_versions({"a": Version("v3", OLD)}).images[0].version
    assert again == Version("v3" if "newTag" in fields else None, OLD)


@pytest.mark.parametrize("fields", ["newTag: v1", f"newTag: v1@{OLD}", f"newName: r:v1@{OLD}", "newName: r:v1"])
def test_a_tag_without_a_field_for_the_digest_is_never_taken_away(fields: str) -> None:
    with pytest.raises(EditRefused, match="has a tag, which would not match a new digest"):
        ImagesFile.parse(item(fields).encode(), "k.yaml").with_versions({"a": Version(None, NEW)}, whole=True)


@pytest.mark.parametrize("fields", [f"digest: {OLD}", f"newName: r@{OLD}"])
def test_a_digest_alone_is_never_taken_away(fields: str) -> None:
    with pytest.raises(EditRefused, match="has a digest, which would not match a new tag"):
        ImagesFile.parse(item(fields).encode(), "k.yaml").with_versions({"a": Version("v2")}, whole=True)


SHARED = "images: [{name: a, newTag: &v v1}, {name: b, newTag: *v}]"


def test_a_shared_tag_changes_only_for_all_its_images_at_once() -> None:
    both = {"a": Version("v2"), "b": Version("v2")}
    assert ImagesFile.parse(SHARED.encode(), "k.yaml").with_versions(both).data.decode() == SHARED.replace("v1", "v2")
    assert "alias" in refusal(SHARED, Version("v2"), "a")
    assert "alias" in refusal(SHARED, Version("v2"), "b")
    with pytest.raises(EditRefused, match="alias"):
        ImagesFile.parse(SHARED.encode(), "k.yaml").with_versions(both | {"b": Version("v3")})


@pytest.mark.parametrize(
    "text",
    [
        "x: &all [{name: a, newTag: v1}]\nimages: *all\n",
        "images: [&one {name: a, newTag: v1}]\nx: *one\n",
        "images: [&one {name: b, newTag: v1}, {<<: *one, name: a}]\n",
        "<<: &rest {images: [{name: a, newTag: v1}]}\nx: *rest\n",
        "x: &rest {images: [{name: a, newTag: v1}]}\n<<: *rest\n",
    ],
)
def test_whatever_shares_the_tag_is_protected(text: str) -> None:
    assert read_images(text.encode(), "k.yaml")[-1].version == Version("v1")
    assert "anchor, alias or merge key" in refusal(text, Version("v2"))


def test_an_unknown_image_is_answered_with_the_nearest_names() -> None:
    text = "images: [{name: shop/cart, newTag: v1}, {name: shop/web, newTag: v1}]"
    assert refusal(text, Version("v2"), "cart") == (
        "k.yaml:1: there is no image 'cart'; the nearest names are 'shop/cart', 'shop/web'"
    )
    assert refusal("images: []", Version("v2")).endswith("add an item for it to 'images'")


@pytest.mark.parametrize("version", [Version(""), Version("a b"), Version("v2", "sha256:12"), Version("a:b")])
def test_an_invalid_version_is_a_usage_error(version: Version) -> None:
    with pytest.raises(UsageError):
        edited(item("newTag: v1"), version)


COMPLAINTS = [
    (b"", "k.yaml:1: the first YAML document is empty; fill it in or delete it"),
    (b"# only a comment\n", "k.yaml:1: the first YAML document is empty"),
    (b"---\n---\nimages: []\n", "k.yaml:1: the first YAML document is empty"),
    (b"- a\n", "k.yaml:1: the first YAML document is not a mapping"),
    (b"x: 1\n\xff\n", "k.yaml:2: the file is not UTF-8; save it as UTF-8"),
    ("images: []\n".encode("utf-16"), "k.yaml:1: the file is not UTF-8"),
    (b"x:\n- \x07", "k.yaml:2: the file contains a control character; delete it"),
    (b"x:\n- [", "k.yaml:2: this is not YAML: "),
    (b"x: *y", "k.yaml:1: this is not YAML: found undefined alias 'y'; correct it"),
    (b'x: "\\UFFFFFFFF"', "k.yaml:1: this is not YAML: a number is too big"),
    (b"[" * 9999, "k.yaml:1: the YAML is nested too deeply"),
    (b"? [x]\n: y", "k.yaml:1: a key is a list or a mapping"),
    (b"x: 1\nx: 2", "k.yaml:2: duplicate key 'x'; delete one of them"),
    (b"images: []\n'images': []", "k.yaml:2: duplicate key 'images'"),
    (b"<<: [x]", "k.yaml:1: '<<' can only merge mappings"),
    (b"x: &x {y: 1}\ny: 2\n<<: *x", "k.yaml:3: in kustomize, '<<' overrides y above it; move '<<' up"),
    (b"Images: []", "k.yaml:1: kustomize reads 'Images' as 'images'; write 'images'"),
    (b"imageTags: []", "k.yaml:1: 'imageTags' is the old name of 'images'; write 'images'"),
    (b"images: {a: b}", "k.yaml:1: 'images' is not a list"),
    (b"images: [a]", "k.yaml:1: an item of 'images' is not a mapping"),
    (b"images: [{newTag: v1}]", "k.yaml:1: an item of 'images' has no name"),
    (b"images: [{name: 1}]", "k.yaml:1: kustomize does not read name as a string"),
    (b"images: [{name: a},\n {name: a}]", "k.yaml:2: image 'a' has two items; merge them into one"),
]


@pytest.mark.parametrize(("data", "message"), COMPLAINTS)
def test_a_file_that_cannot_be_followed_is_explained(data: bytes, message: str) -> None:
    assert complaint(data).startswith(message)


FIELD_COMPLAINTS = [
    ("newTag: v1; newTag: v2", "k.yaml:4: duplicate key 'newTag'"),
    ("newtag: v1", "k.yaml:3: kustomize reads 'newtag' as 'newTag'"),
    ("newTag: [v1]", "k.yaml:3: kustomize does not read newTag as a string"),
    ("newTag: !other v1", "k.yaml:3: kustomize does not read newTag as a string"),
    ("newTag: v 1", "k.yaml:3: newTag contains white space"),
    ("newTag: |;   v1", "k.yaml:3: newTag contains white space"),
    (f"newTag: {OLD}", "k.yaml:3: newTag cannot be 'sha256:"),
    (f"newTag: '@{OLD}'", "k.yaml:3: newTag cannot be '@sha256:"),
    (f"digest: 'v1@{OLD}'", "k.yaml:3: digest cannot be 'v1@"),
    ("newName: 'r:'", "k.yaml:3: newName cannot be 'r:'"),
    ("newName: r:v1; newTag: v2", "k.yaml:2: image 'a' has a version in newName and in newTag"),
    (f"newName: r@{OLD}; newTag: v2", "k.yaml:2: image 'a' has a version in newName and in newTag"),
    (f"newTag: v1@{OLD}; digest: {OLD}", "k.yaml:2: image 'a' has two digests"),
    (f"newName: r@{OLD}; digest: {OLD}", "k.yaml:2: image 'a' has two digests"),
]


@pytest.mark.parametrize(("fields", "message"), FIELD_COMPLAINTS)
def test_fields_that_would_render_nonsense_are_explained(fields: str, message: str) -> None:
    assert complaint(item(fields).encode()).startswith(message)


def test_images_may_be_missing_or_empty() -> None:
    assert FILE_NAMES == ("kustomization.yaml", "kustomization.yml", "Kustomization")
    for text in (b"resources: []", b"images:", b"images: []", b"images: ~"):
        assert read_images(text, "k.yaml") == ()
        assert ImagesFile.parse(text, "k.yaml").with_versions({}).data == text


BOMBS = {
    "lists": "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [{f'*a{i - 1}, ' * 9}]\n" for i in range(1, 40)),
    "merges": "a0: &a0 {x: y}\n" + "".join(f"a{i}: &a{i} {{<<: [{f'*a{i - 1}, ' * 9}]}}\n" for i in range(1, 40)),
    "itself": "a39: &a39 [*a39, *a39]\n",
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS.keys())
def test_aliases_of_aliases_cost_nothing(bomb: str) -> None:
    text = bomb + "images: [{name: a, newTag: v1, x: *a39}]\n"
    assert edited(text, Version("v2")) == text.replace("v1", "v2")


def test_endless_merges_are_refused() -> None:
    chain = "a0: &a0 {x: y}\n" + "".join(f"a{i}: &a{i} {{<<: *a{i - 1}}}\n" for i in range(1, 2000))
    assert "nested too deeply" in complaint(f"{chain}<<: *a1999\n".encode())


def test_a_thousand_images_are_set_at_once() -> None:
    items = "".join(f"- name: team/service-{n}\n  newTag: 1.2.{n}\n" for n in range(1000))
    wanted = {f"team/service-{n}": Version("2.0.0") for n in range(0, 1000, 2)}
    expected = "".join(
        f"- name: team/service-{n}\n  newTag: {f'1.2.{n}' if n % 2 else '2.0.0'}\n" for n in range(1000)
    )
    assert (
        ImagesFile.parse(f"images:\n{items}".encode(), "k.yaml").with_versions(wanted).data.decode()
        == f"images:\n{expected}"
    )
