from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from promote.commands.registry import COMMANDS
from promote.errors import ConfigError, UnknownEnvironment
from promote.gates import combination, freeze, registry, soak
from promote.gates.freeze import Weekly, Window
from promote.gates.protocol import Gate
from promote.oci.address import Access
from promote.repository import config
from promote.repository.canary import Canary
from promote.repository.config import Config
from promote.repository.environments import Environment, Place, Syncing
from promote.repository.schema import FILE, schema
from promote.yamltext import validation

SCHEMA = schema()
MINIMAL = "environments:\n  a: {path: overlays/a}\n"
FULL = """\
environments:
  staging: {path: ./overlays/staging/}
  production: {path: overlays/production, live: true}
services: {ocr: [shop/ocr, shop/ocr-engine]}
git: {remote: upstream, branch: live}
forge: {kind: github, merge: squash}
kubernetes: ["1.36"]
policies: rules
profile: restricted
schemas: [crds]
remotes: [example.com/a/b]
deny: all
"""


@pytest.fixture(autouse=True)
def cold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was verified before."""
    monkeypatch.setenv("PROMOTE_CACHE", str(tmp_path / "cache"))


def test_every_key() -> None:
    assert config.parse(FULL.encode()) == Config(
        environments={
            "staging": Environment("staging", "overlays/staging"),
            "production": Environment("production", "overlays/production", live=True),
        },
        services={"ocr": ("shop/ocr", "shop/ocr-engine")},
        remote="upstream",
        branch="live",
        forge="github",
        merge="squash",
        kubernetes=("1.36",),
        policies="rules",
        profile="restricted",
        schemas=("crds",),
        remotes=("example.com/a/b",),
        deny="all",
    )


def test_order_of_environments_is_the_order_of_releases() -> None:
    assert list(config.parse(FULL.encode()).environments) == ["staging", "production"]


@pytest.mark.parametrize(
    "form", [str.encode, lambda text: text.encode("utf-8-sig"), lambda text: text.replace("\n", "\r\n").encode()]
)
def test_other_forms_of_the_same_text(form: Any) -> None:
    assert config.parse(form(MINIMAL)) == config.parse(MINIMAL.encode())


def leaves(schema: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Every key that promote.yaml may have, by its path; a name that users choose is `*`."""
    for key, inner in schema.get("properties", {}).items():
        yield from leaves(inner, (*path, key))
    if isinstance(schema.get("additionalProperties"), dict):
        yield from leaves(schema["additionalProperties"], (*path, "*"))
    if "properties" not in schema and not isinstance(schema.get("additionalProperties"), dict):
        yield path, schema


def _canary(found: Config) -> Canary:
    canary = found.environments["x"].canary
    assert canary is not None
    return canary


def _seconds(length: timedelta) -> str:
    return f"{length.total_seconds():.0f}s"


def _place(found: Config) -> Place:
    place = found.environments["x"].cluster
    assert place is not None
    return place


WEEKEND = {"start": "Friday 16:00", "end": "Monday 06:00", "timezone": "Europe/Zurich", "reason": "nobody is there"}


WINDOW = Window(Weekly(4, time(16)), Weekly(0, time(6)), ZoneInfo("Europe/Zurich"), "nobody is there")
GATES_OF = ("environments", "*", "gates")
CANARY: dict[str, Any] = {"interval": "30s", "duration": "5m", "patience": "2m"}
LEAVES = {path: one for path, one in leaves(SCHEMA) if path[: len(GATES_OF)] != GATES_OF}
# A value that is not the default for every key, and where it must come out.
READ: dict[tuple[str, ...], tuple[Any, Callable[[Config], Any]]] = {
    ("environments", "*", "path"): ("b", lambda found: found.environments["x"].path),
    ("environments", "*", "branch"): ("live", lambda found: found.environments["x"].branch),
    ("environments", "*", "repository"): ("https://h/p", lambda found: found.environments["x"].repository),
    ("environments", "*", "after"): (["before"], lambda found: list(found.environments["x"].after or ())),
    ("environments", "*", "live"): (True, lambda found: found.environments["x"].live),
    ("environments", "*", "unrendered"): ("warn", lambda found: found.environments["x"].unrendered),
    ("environments", "*", "cluster", "context"): ("c", lambda found: _place(found).context),
    ("environments", "*", "cluster", "namespace"): ("n", lambda found: _place(found).namespace),
    ("environments", "*", "engine", "kind"): ("flux", lambda found: found.environments["x"].engine.kind),
    ("environments", "*", "engine", "context"): ("c", lambda found: found.environments["x"].engine.context),
    ("environments", "*", "engine", "namespace"): ("n", lambda found: found.environments["x"].engine.namespace),
    ("environments", "*", "engine", "name"): ("a", lambda found: found.environments["x"].engine.name),
    ("environments", "*", "canary", "prometheus"): ("http://p", lambda found: _canary(found).prometheus),
    ("environments", "*", "canary", "interval"): ("7s", lambda found: _seconds(_canary(found).interval)),
    ("environments", "*", "canary", "duration"): ("7s", lambda found: _seconds(_canary(found).duration)),
    ("environments", "*", "canary", "patience"): ("7s", lambda found: _seconds(_canary(found).patience)),
    ("environments", "*", "canary", "checks"): (
        [{"name": "a", "query": "b", "above": 1.5}],
        lambda found: [asdict(one) for one in _canary(found).checks],
    ),
    ("services", "*"): (["y"], lambda found: list(found.services["x"])),
    ("git", "remote"): ("upstream", lambda found: found.remote),
    ("git", "branch"): ("live", lambda found: found.branch),
    ("forge", "kind"): ("github", lambda found: found.forge),
    ("forge", "merge"): ("rebase", lambda found: found.merge),
    ("kubernetes",): (["1.30"], lambda found: list(found.kubernetes)),
    ("policies",): ("rules", lambda found: found.policies),
    ("deny",): ("all", lambda found: found.deny),
    ("profile",): ("baseline", lambda found: found.profile),
    ("schemas",): (["crds"], lambda found: list(found.schemas)),
    ("remotes",): (["example.com/a/b"], lambda found: list(found.remotes)),
    ("kustomize", "helm"): (True, lambda found: found.kustomize.helm),
    ("kustomize", "load_restrictor"): ("none", lambda found: found.kustomize.load_restrictor),
    ("registries", "*", "private"): (True, lambda found: found.registries["x"].private),
    ("registries", "*", "plain_http"): (True, lambda found: found.registries["x"].plain_http),
    ("registries", "*", "mirror"): ("m.example/hub", lambda found: found.registries["x"].mirror),
    ("follow", "*", "semver"): ("^1", lambda found: found.follow["x"].semver),
    ("follow", "*", "pattern"): ("(?P<order>[0-9]+)", lambda found: found.follow["x"].pattern),
    ("versions",): (
        [{"name": "schema", "file": "versions.env", "path": "SCHEMA"}],
        lambda found: [asdict(one) for one in found.versions],
    ),
    ("with",): (
        [{"service": "web", "file": "settings.env", "path": "LEVEL"}],
        lambda found: [asdict(one) for one in found.settings],
    ),
}


@pytest.mark.parametrize("path", LEAVES, ids=".".join)
def test_the_parser_reads_every_key_of_the_schema(path: tuple[str, ...]) -> None:
    value, read = READ[path]
    content: dict[str, Any] = {"environments": {"before": {"path": "b"}, "x": {"path": "a"}}}
    *above, last = ["x" if part == "*" else part for part in path]
    place = content
    for part in above:
        place = place.setdefault(part, {})
    place[last] = value
    if "canary" in path:
        place.setdefault("prometheus", "http://p")
    assert read(config.parse(yaml.safe_dump(content, sort_keys=False).encode())) == value


@pytest.mark.parametrize(
    ("settings", "gate"),
    [
        ({"soak": "1d 12h"}, soak.Gate(timedelta(hours=36))),
        ({"combination": "deny"}, combination.Gate(deny=True)),
        ({"combination": "warn"}, combination.Gate()),
        ({"freeze": [WEEKEND]}, freeze.Gate((WINDOW,))),
        ({"freeze": []}, freeze.Gate()),
    ],
)
def test_gates_get_their_settings(settings: dict[str, Any], gate: Gate) -> None:
    content = {"environments": {"before": {"path": "b"}, "x": {"path": "a", "gates": settings}}}
    found = config.parse(yaml.safe_dump(content, sort_keys=False).encode()).environments["x"].gates
    assert [one.name for one in found] == list(registry.GATES)
    unset = {one.name: one for one in Environment("", "").gates}
    assert {one.name: one for one in found} == unset | {gate.name: gate}


def test_every_setting_of_a_gate_is_in_the_schema_and_explained() -> None:
    (_, inner) = next(iter(SCHEMA["properties"]["environments"].items())), SCHEMA["properties"]["environments"]
    offered = inner["additionalProperties"]["properties"]["gates"]["properties"]
    known = {name: gate.schema for name, gate in registry.load().items() if gate.schema is not None}
    assert offered == known
    assert [name for name, one in known.items() if not one.get("description")] == []


def test_the_schema_for_editors_is_the_one_that_promote_uses() -> None:
    assert json.loads(FILE.read_bytes()) == SCHEMA, "run `make docs`"


def test_defaults_are_those_of_the_schema() -> None:
    found = config.parse(MINIMAL.encode())
    assert found == Config(environments={"a": Environment("a", "overlays/a")})
    defaults = {path: schema["default"] for path, schema in LEAVES.items() if "default" in schema}
    expected: dict[tuple[str, ...], Any] = {
        ("environments", "*", "live"): Environment("", "").live,
        ("environments", "*", "unrendered"): Environment("", "").unrendered,
        ("environments", "*", "cluster", "namespace"): Place().namespace,
        ("environments", "*", "engine", "kind"): Syncing().kind,
        ("git", "remote"): Config().remote,
        ("git", "branch"): Config().branch,
        ("forge", "kind"): Config().forge,
        ("forge", "merge"): Config().merge,
        ("kubernetes",): list(Config().kubernetes),
        ("schemas",): list(Config().schemas),
        ("deny",): Config().deny,
        ("remotes",): list(Config().remotes),
        ("kustomize", "helm"): Config().kustomize.helm,
        ("kustomize", "load_restrictor"): Config().kustomize.load_restrictor,
        ("registries", "*", "private"): Access().private,
        ("registries", "*", "plain_http"): Access().plain_http,
    }
    assert defaults == expected | {("environments", "*", "canary", key): value for key, value in CANARY.items()}


def test_what_a_canary_has_by_default_is_what_the_schema_says() -> None:
    settings = {"prometheus": "http://p"}
    assert Canary.configured(settings) == Canary.configured(settings | CANARY)
    assert Canary.configured(None) is None


def test_every_key_is_explained() -> None:
    assert [path for path, schema in LEAVES.items() if not schema.get("description")] == []


def test_no_environment_can_be_called_like_a_command() -> None:
    refused = SCHEMA["properties"]["environments"]["propertyNames"]["not"]["enum"]
    assert set(COMMANDS) <= set(refused)


GATES = MINIMAL + "  b:\n    path: c\n    gates:\n      "


def frozen(start: str, end: str, zone: str = "UTC") -> str:
    return f"""freeze:
        - reason: holidays
          start: {start}
          end: {end}
          timezone: {zone}
"""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "1: the file is empty but must be a mapping"),
        ("web", "1: the file is a string but must be a mapping"),
        ("forge: {}", "1: the file lacks the key 'environments'; add it"),
        ("environments: {}", "1: environments cannot be {}: The environments, by name"),
        ("environments: []", "1: environments is a list but must be a mapping"),
        ("environments:\n  a:\n", "2: environments.a is empty but must be a mapping"),
        ("environments:\n  a: {}\n", "2: environments.a lacks the key 'path'; add it"),
        ("environments:\n  a: {path: 1}\n",
         "2: environments.a.path is a number but must be a string; put it in quotes"),
        ("environments:\n  a: {path: 1.0}\n", "2: environments.a.path is a number but must be a string; put it"),
        ("environments:\n  a: {path: 2026-01-02}\n", "2: environments.a.path is a date but must be a string; put it"),
        ("environments:\n  a: {path: true}\n", "2: environments.a.path is a boolean but must be a string; put it"),
        ("environments:\n  a: {path: ''}\n", "2: environments.a.path cannot be '': The folder of its kustom"),
        ("environments:\n  a: {path: b/../..}\n", "2: environments.a.path cannot be 'b/../..': The folder"),
        ("environments:\n  a:\n    path: b\n    live: 'yes'\n",
         "4: environments.a.live is a string but must be true or"),
        ("environments:\n  A: {path: b}\n", "2: 'A' cannot be a name in environments: use lower-case letters"),
        ("environments:\n  plan: {path: b}\n", "2: 'plan' cannot be a name in environments: use lower-case"),
        ("environments:\n  1: {path: b}\n", "2: the key '1' is not a string; put it in quotes"),
        ("environments:\n  true: {path: b}\n", "2: the key 'true' is not a string; put it in quotes"),
        ("environments:\n  [a]: {path: b}\n", "2: this is not YAML: found unhashable key"),
        (GATES + "soak: 4\n", "6: environments.b.gates.soak is a number but must be a string; put it in quotes"),
        (GATES + "soak: 4 h\n", "6: environments.b.gates.soak cannot be '4 h': How long a version must have"),
        (GATES + "freeze: [{start: Friday 16:00}]\n", "6: environments.b.gates.freeze.0 lacks the key 'end'"),
        (GATES + frozen("Freitag 16:00", "Monday 06:00"), "8: environments.b.gates.freeze.0.start cannot be"),
        (GATES + frozen("Friday 16:00", "2026-12-01 06:00"),
         "7: environments.b.gates.freeze.0: give start and end alike: two dates, or two days of the week"),
        (GATES + frozen("2026-12-02 06:00", "2026-12-01 06:00"),
         "7: environments.b.gates.freeze.0: it ends at 2026-12-01 06:00, which is not after its start"),
        (GATES + frozen("Monday 06:00", "Monday 06:00"),
         "7: environments.b.gates.freeze.0: it ends at Monday 06:00, which is not after its start"),
        (GATES + frozen("2026-02-30 06:00", "2026-12-01 06:00"),
         "7: environments.b.gates.freeze.0: there is no day 2026-02-30"),
        (GATES + frozen("Friday 16:00", "Monday 06:00", "Mars/Olympus"),
         "7: environments.b.gates.freeze.0: this machine knows no time zone 'Mars/Olympus': write one such as"),
        (GATES + frozen("Friday 16:00", "Monday 06:00", "../../etc/passwd"),
         "7: environments.b.gates.freeze.0: this machine knows no time zone '../../etc/passwd'"),
        ("environments:\n  a: {path: b, gates: {soak: 4h}}\n",
         "2: environments.a.gates.soak: no environment comes before the first"),
        ("environments:\n  a: {path: b, gates: {combination: deny}}\n",
         "2: environments.a.gates.combination: no environment comes before the first"),
        (MINIMAL + "forges: {}\n", "3: unknown key 'forges'; did you mean 'forge'?"),
        (MINIMAL + "x: {}\n", "3: unknown key 'x'; known: deny, environments, follow, forge, git, kubernetes,"),
        (MINIMAL + "git: {}\ngit: {}\n", "4: duplicate key 'git'; delete one of them"),
        (MINIMAL + "services:\n- {a: 1, a: 2}\n", "4: duplicate key 'a'; delete one of them"),
        (MINIMAL + "forge: {kind: gitbub}\n", "3: forge.kind cannot be 'gitbub'; did you mean 'github'?"),
        (MINIMAL + "forge: {merge: 1}\n", "3: forge.merge cannot be '1'; known: merge, rebase, squash"),
        (MINIMAL + "kubernetes: []\n", "3: kubernetes cannot be []: The Kubernetes versions"),
        (MINIMAL + 'kubernetes:\n- "1.36"\n- "1.36"\n', "3: kubernetes cannot be ['1.36', '1.36']: The Kubernetes"),
        (MINIMAL + 'kubernetes:\n- "1.36"\n- "1"\n', "5: kubernetes.1 cannot be '1': A minor version such as"),
        (MINIMAL + "a: b: c\n", "3: this is not YAML: mapping values are not allowed"),
        (MINIMAL + "---\n" + MINIMAL, "3: this is not YAML: but found another document"),
        (MINIMAL + "a: !!python/name:os.system\n", "3: this is not YAML: could not determine a constructor"),
        (MINIMAL + "a: \x07\n", "3: this is not YAML: it contains a control character"),
        (MINIMAL + "a: 2026-99-99\n", "1: this is not YAML: month must be in 1..12"),
    ],
)  # fmt: skip
def test_every_fault_has_its_line(text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(f"promote.yaml:{says}")) as raised:
        config.parse(text.encode())
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("text", ["[" * 5000, "[" * 5000 + "]" * 5000])
def test_absurdly_nested(text: str) -> None:
    with pytest.raises(ConfigError, match=r"promote\.yaml:[12]: "):
        config.parse(text.encode())


def test_not_utf_8() -> None:
    with pytest.raises(ConfigError, match=r"promote\.yaml:3: this is not UTF-8: save the file as UTF-8"):
        config.parse(MINIMAL.encode() + b"# caf\xe9\n")


def test_merge_keys_may_stand() -> None:
    text = "environments:\n  a: &a {path: x}\n  b:\n    <<: *a\n    live: true\n"
    assert config.parse(text.encode()).environments["b"] == Environment("b", "x", live=True)


def test_what_was_verified_once_needs_no_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    config.parse(FULL.encode())
    monkeypatch.setattr(config, "fault", lambda *_: pytest.fail("it was verified"))
    assert config.parse(FULL.encode()).branch == "live"


def test_a_fault_is_never_remembered() -> None:
    for _ in range(2):
        with pytest.raises(ConfigError, match="environments is a list"):
            config.parse(b"environments: []")


def test_the_schema_explains_what_it_refuses() -> None:
    """Each restriction beside the structural ones is explained by the description next to it."""
    structural = {"type", "properties", "additionalProperties", "required", "default", "items", "enum"}

    def check(schema: dict[str, Any]) -> None:
        restricting = schema.keys() - structural - {"description", "$schema", "title", "propertyNames"}
        assert not restricting or "description" in schema, schema
        for inner in [*schema.get("properties", {}).values(), schema.get("items"), schema.get("propertyNames"),
                      schema.get("additionalProperties")]:  # fmt: skip
            if isinstance(inner, dict):
                check(inner)

    check(SCHEMA)
    assert validation.fault(None, {"environments": {"a": {"path": "b"}}}, SCHEMA) is None


def test_the_end_of_a_pattern_is_the_end_of_the_text() -> None:
    """For Python, `$` is also before a newline at the end, so that `production` could have a second of its name."""
    schema = {"type": "string", "pattern": r"^(a[]$]\$|b$|[c\]$])$", "description": "no"}
    found = {text: validation.fault(None, text, schema) for text in ("a$$", "b", "c", "a$$\n", "b\n", "c\n", "a$")}
    assert [text for text, fault in found.items() if fault is None] == ["a$$", "b", "c"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('environments: {"a\\n": {path: b}}', r"'a.' cannot be a name in environments"),
        ('environments: {a: {path: b, gates: {soak: "4h\\n"}}}', r"gates.soak cannot be '4h\\n'"),
        ('environments: {a: {path: b}}\nkubernetes: ["1.36\\n"]', r"kubernetes.0 cannot be '1.36\\n'"),
        ('environments: {a: {path: b}}\nregistries: {"r.example.com\\n": {}}', r"cannot be a name in registries"),
    ],
)
def test_a_newline_at_the_end_is_a_part_of_the_text(line: str, said: str) -> None:
    with pytest.raises(ConfigError, match=f"(?s){said}"):
        config.parse(line.encode())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("overlays/a/kustomization.yaml", "b/kustomization.yml", "c/Kustomization", "empty/x"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    return tmp_path


SETTINGS = Config(environments={"a": Environment("a", "overlays/a", live=True), "gone": Environment("gone", "gone")})


@pytest.mark.parametrize("name", ["a", "overlays/a", "./overlays/a/", "overlays/../overlays/a"])
def test_one_environment_by_all_its_names(root: Path, name: str) -> None:
    assert SETTINGS.environment(root, name) == SETTINGS.environments["a"]


@pytest.mark.parametrize(
    ("name", "path", "file"), [("b", "b", "b/kustomization.yml"), ("./c/", "c", "c/Kustomization")]
)
def test_a_folder_is_an_environment(root: Path, name: str, path: str, file: str) -> None:
    found = SETTINGS.environment(root, name)
    assert found == Environment(path, path)
    assert config.kustomization_file(root, found) == file


def test_the_root_is_an_environment(root: Path) -> None:
    (root / "kustomization.yaml").touch()
    assert config.kustomization_file(root, SETTINGS.environment(root, ".")) == "kustomization.yaml"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("gone", "environment 'gone': there is no kustomization.yaml in 'gone'; correct the path or add the file"),
        ("empty", "environment 'empty': there is no kustomization.yaml in 'empty'; correct the path"),
        ("..", "environment '..': the path '..' leads outside the repository; name a folder inside it"),
        ("/", "environment '/': the path '/' leads outside the repository; name a folder inside it"),
        ("link", "environment 'link': the path 'link' leads outside the repository; name a folder inside it"),
    ],
)
def test_an_environment_that_cannot_be(root: Path, name: str, says: str) -> None:
    (root / "link").symlink_to("/")
    with pytest.raises(ConfigError, match=re.escape(says)):
        SETTINGS.environment(root, name)


@pytest.mark.parametrize(("name", "says"), [("gon", "; did you mean 'gone'?"), ("xyz", "; known: a, gone")])
def test_no_such_environment(root: Path, name: str, says: str) -> None:
    with pytest.raises(UnknownEnvironment, match=re.escape(f"there is no environment '{name}'{says}")):
        SETTINGS.environment(root, name)
    with pytest.raises(UnknownEnvironment, match=f"there is no environment '{name}'$"):
        Config().environment(root, name)


def test_load(tmp_path: Path) -> None:
    assert config.load(tmp_path) == Config()
    (tmp_path / "promote.yaml").write_text(FULL)
    assert config.load(tmp_path) == config.parse(FULL.encode())


def test_our_own_file() -> None:
    assert list(config.load(Path(__file__).resolve().parents[2]).environments) == ["staging", "production"]
