from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"
VERSIONS = dict(line.split() for line in (TOOLS / "debian-versions.txt").read_text().splitlines())


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A search path with what the script needs of any machine, and no Debian."""
    for program in ("bash", "dirname", "id"):
        (tmp_path / program).symlink_to(str(shutil.which(program)))
    return tmp_path


def program(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!{shutil.which('bash')}\n{script}\n")
    (folder / name).chmod(0o755)


def install(machine: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [str(machine / "bash"), str(TOOLS / "install-debian-packages.sh")]
    env = {"PATH": str(machine), **environment}
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=30)


def have(machine: Path, versions: dict[str, str]) -> None:
    """Play a Debian with these versions."""
    program(machine, "dpkg", "exit 0")
    cases = " ".join(f"{package}) printf '1:{version}-1+deb12u1' ;;" for package, version in versions.items())
    program(machine, "dpkg-query", f'case "${{@: -1}}" in {cases} esac')


def test_each_package_has_a_version() -> None:
    assert [*VERSIONS] == (TOOLS / "debian-packages.txt").read_text().split()


def test_the_versions_that_are_here_are_printed(machine: Path) -> None:
    have(machine, {package: f"{version}.9" for package, version in VERSIONS.items()})
    done = install(machine)
    expected = "".join(f"{package} {version}.9\n" for package, version in VERSIONS.items())
    assert (done.returncode, done.stdout, done.stderr) == (0, expected, "")


@pytest.mark.parametrize("version", ["8.0.2", "70.1", "6.0"])
def test_another_major_version_is_refused(machine: Path, version: str) -> None:
    have(machine, VERSIONS | {"redis-server": version})
    done = install(machine)
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert line.strip().startswith(f"tests/servers is written for redis-server 7: try it with {version},")


def test_only_ci_fails_where_nothing_can_be_installed(machine: Path) -> None:
    program(machine, "dpkg", "exit 1")
    here, ci = install(machine), install(machine, CI="true")
    assert (here.returncode, here.stderr.splitlines()[-1]) == (0, "tests/servers skips what it does not find")
    assert (ci.returncode, ci.stderr) == (1, "Debian packages are not installed: this is neither Debian nor Ubuntu\n")
