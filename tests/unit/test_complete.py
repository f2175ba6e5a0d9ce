from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tools.setup import complete
from tools.setup.complete import Package
from tools.setup.packages import UNNEEDED_BY_ANALYZER

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / "tools"
LOCKS = sorted(TOOLS.rglob("requirements*.txt"))
PIN = re.compile(r"[a-z0-9.-]+==[\w.]+( ; [^\\]+)? \\(\n    --hash=sha256:[0-9a-f]{64}( \\)?)+")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
SUPPORTED = [each.rpartition(" ")[2] for each in PROJECT["project"]["classifiers"] if ":: Python :: 3." in each]
ENVIRONMENTS = [
    {"python_version": version, "python_full_version": f"{version}.{patch}", "sys_platform": platform}
    for version in SUPPORTED
    for patch in (0, 19)
    for platform in ("linux", "darwin")
]


def each_environment() -> pytest.MarkDecorator:
    ids = [f"{each['python_full_version']}-{each['sys_platform']}" for each in ENVIRONMENTS]
    return pytest.mark.parametrize("environment", ENVIRONMENTS, ids=ids)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: str(lock.relative_to(TOOLS)))
def test_every_line_of_a_lock_pins_a_version_by_its_hashes(lock: Path) -> None:
    text = re.sub(r"(?m)^ *#.*\n", "", lock.read_text())
    assert PIN.search(text)
    assert PIN.sub("", text).strip() == ""


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: str(lock.relative_to(TOOLS)))
def test_a_lock_has_what_it_was_compiled_from(lock: Path) -> None:
    wanted = complete.locked(lock.with_suffix(".in").read_text(), {})
    pins = complete.locked(lock.read_text(), {})
    assert {name: pins.get(name) for name in wanted} == wanted


@each_environment()
def test_the_lock_of_the_environment_has_all_that_its_packages_need(environment: dict[str, str]) -> None:
    pins = complete.locked((TOOLS / "requirements.txt").read_text(), environment)
    assert complete.gaps(here(pins), pins, environment) == []


@each_environment()
def test_the_lock_of_the_analyzer_lacks_what_is_left_out_and_nothing_else(environment: dict[str, str]) -> None:
    pins = complete.locked((TOOLS / "nca" / "requirements.txt").read_text(), environment)
    packages = complete.installed(ROOT / ".tools" / "nca")
    assert packages.keys() == pins.keys()
    gaps = complete.gaps(packages, pins, environment)
    assert {f"{name}:{complete.name_of(need.partition('=')[0])}" for name, need in gaps} == {*UNNEEDED_BY_ANALYZER}
    assert all(complete.allowed(gap, UNNEEDED_BY_ANALYZER) for gap in gaps)
    assert not any(complete.allowed(gap, ()) for gap in gaps)


def test_what_promote_needs_is_locked() -> None:
    needs = [*PROJECT["project"]["dependencies"], *PROJECT["build-system"]["requires"]]
    pins = complete.locked((TOOLS / "requirements.txt").read_text(), {})
    assert complete.gaps({"promote": Package("0", needs)}, pins, {}) == []
    wanted = complete.locked((TOOLS / "requirements.in").read_text(), {})
    assert {complete.name_of(re.split("[<>=]", need)[0]) for need in needs} <= wanted.keys()


def here(pins: dict[str, str]) -> dict[str, Package]:
    """The locked packages among those of the Python that runs this; all that it needs are there."""
    packages = {name: each for name, each in complete.installed(site_packages()).items() if name in pins}
    own = complete.locked((TOOLS / "requirements.txt").read_text(), {})
    assert complete.differences(packages, {name: version for name, version in pins.items() if name in own}, ()) == []
    return packages


def site_packages() -> Path:
    return Path(pytest.__file__).resolve().parents[1]


def test_needs_are_followed_through_extras() -> None:
    packages = {
        "runner": Package("1", ["Cover.It[toml]>=1", 'other; extra == "never"']),
        "cover-it": Package("1", ['tomlish>=2; extra == "toml"', 'old; python_version < "3.11"']),
    }
    pins = {"runner": "1", "cover-it": "1", "tomlish": "1"}
    assert complete.gaps(packages, pins, {}) == [("cover-it", "tomlish>=2")]
    assert complete.gaps(packages, pins | {"tomlish": "2"}, {}) == []
    assert complete.gaps(packages, pins | {"tomlish": "2", "cover-it": "0.9"}, {}) == [
        ("runner", "Cover.It[toml]>=1")
    ]
    assert complete.gaps(packages, pins | {"tomlish": "2"}, {"python_version": "3.10"}) == [("cover-it", "old")]


def test_a_lock_lists_what_its_markers_say() -> None:
    lock = "A_b==1 \\\n    --hash=sha256:0\n    # via c\nwin==2 ; sys_platform == 'win32' \\\n    --hash=sha256:0\n"
    assert complete.locked(lock, {"sys_platform": "linux"}) == {"a-b": "1"}
    assert complete.locked(lock, {"sys_platform": "win32"}) == {"a-b": "1", "win": "2"}


def test_an_environment_is_compared_with_its_lock() -> None:
    packages = {name: Package(version, ()) for name, version in {"a": "1", "b": "2", "pip": "3", "x": "4"}.items()}
    assert complete.differences(packages, {"a": "1", "b": "1", "c": "1"}, ["pip"]) == [
        "b 1 is locked and 2 is installed",
        "c 1 is locked and not installed",
        "x 4 is installed and not locked",
    ]
