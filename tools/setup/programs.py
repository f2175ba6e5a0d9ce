"""Programs that are built from pinned Go modules into `.tools/bin`."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from tools.setup import go
from tools.setup.work import SetupFailed, Step, Workplace, copy_files, enumeration, fingerprint

# The variables in which a program keeps the version it prints; the others know theirs by themselves.
VERSION_VARIABLES = {
    "code.gitea.io/gitea": ("main.Version={bare}",),
    "github.com/aquasecurity/trivy": ("{module}/pkg/version/app.ver={bare}",),
    "github.com/argoproj/argo-cd/v3": ("{module}/common.version={bare}",),
    "github.com/bitnami-labs/sealed-secrets": ("main.VERSION={version}",),
    "github.com/kedacore/keda/v2": ("{module}/version.Version={bare}",),
    "github.com/open-policy-agent/conftest": ("{module}/internal/version.Version={bare}",),
    "github.com/open-policy-agent/regal": ("{module}/pkg/version.Version={bare}",),
    # As modules Prometheus and Alertmanager count differently from their releases: v0.313.5 is Prometheus 3.13.5.
    "github.com/prometheus/alertmanager": ("github.com/prometheus/common/version.Version={bare}",),
    "github.com/prometheus/prometheus": ("github.com/prometheus/common/version.Version={bare}",),
    "github.com/yannh/kubeconform": ("main.version={version}",),
    "github.com/zegl/kube-score": ("main.version={bare}",),
    "helm.sh/helm/v4": ("{module}/internal/version.version={version}",),
    "k8s.io/kubernetes": (
        "k8s.io/component-base/version.gitVersion={version}",
        "k8s.io/component-base/version.gitMajor={major}",
        "k8s.io/component-base/version.gitMinor={minor}",
    ),
}

# Programs whose folder is not called what they are.
INSTALLED_NAMES = {
    "adapter": "keda-adapter",
    "cmd": "argocd",
    "controller": "sealed-secrets-controller",
    "operator": "keda-operator",
    "server": "etcd",
}

# The modules of which the end-to-end tests start all programs, and how long each is built.
E2E_MODULES = {
    "e2e/argocd": "about 8 minutes",
    "e2e/cluster": "about 12 minutes",
    "e2e/etcd": "about a minute",
    "e2e/gitea": "about 5 minutes",
}

# Modules that contain C, and why.
C_MODULES = {"e2e/gitea": "its database SQLite is written in C"}

# Of the ways in which Prometheus finds what to scrape, our settings use one: the libraries of all clouds stay out.
_DISCOVERY = "remove_all_sd enable_kubernetes_sd"
BUILD_TAGS = {"e2e/gitea": "sqlite sqlite_unlock_notify", "prometheus-tools": _DISCOVERY}

SEALED_SECRETS = "github.com/bitnami-labs/sealed-secrets"


class Change(NamedTuple):
    """What is changed in a program's source."""

    source: str
    # By file: texts that occur once, each with what takes its place.
    texts: dict[str, dict[str, str]]
    # Files that are left out, and by file: the cases of a switch that remain, by a word of theirs.
    left_out: Callable[[Path], bool] = lambda _: False
    cases: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    # What its packages are made of.
    files: str = "*.go"


# KEDA knows seventy sources of metrics, whose libraries are most of what would be built. Our manifests use these.
SCALERS = ("cpu", "memory", "prometheus", "rabbitmq")
_CASE = re.compile(r'\tcase (".*"):\n(?:\t\t.*\n|\n)+')


def _is_other_scaler(file: Path) -> bool:
    return file.name.endswith("_scaler.go") and not any(each in file.name for each in SCALERS)


CHANGES = {
    "e2e/cluster": (
        # In a pod the controller finds the API server by files at fixed places that belong to the whole machine.
        # What is built here reads a kubeconfig instead.
        Change(
            SEALED_SECRETS,
            {
                "pkg/controller/main.go": {
                    "rest.InClusterConfig()": 'clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))',
                    '"k8s.io/client-go/rest"': '"k8s.io/client-go/tools/clientcmd"',
                },
            },
        ),
        # In a pod the adapter shows its own metrics on all addresses. What is built here keeps to loopback.
        Change(
            "github.com/kedacore/keda/v2",
            {
                "cmd/adapter/main.go": {
                    'fmt.Sprintf(":%v", metricsAPIServerPort)': 'fmt.Sprintf("127.0.0.1:%v", metricsAPIServerPort)',
                },
                # A constant of a file that is left out.
                "pkg/scalers/prometheus_scaler.go": {
                    "Type: externalMetricType,": "Type: v2.ExternalMetricSourceType,"
                },
            },
            left_out=_is_other_scaler,
            cases={"pkg/scaling/scalers_builder.go": SCALERS},
        ),
    ),
    "trivy": (
        # It is written for Go 1.26, in which the package was an experiment. Go 1.27 has it, with this error instead.
        Change(
            "github.com/aquasecurity/trivy",
            {
                "pkg/x/json/json.go": {
                    "return json.SkipFunc": "return errors.ErrUnsupported",
                    '"encoding/json/v2"': '"encoding/json/v2"\n\t"errors"',
                },
                "pkg/iac/scanners/cloudformation/parser/parameter.go": {
                    "return json.SkipFunc": "return errors.ErrUnsupported",
                },
            },
            files="*",  # it contains its checks
        ),
    ),
}

_TOOL = re.compile(r"^(?:tool )?\s*([\w.-]+\.\w+/[^\s]+)$", re.MULTILINE)


def programs(go_mod: str) -> list[str]:
    """The names of the programs that a go.mod's `tool` directives build, as Go itself names them."""
    return [re.sub(r"/v\d+$", "", package).rpartition("/")[2] for package in _TOOL.findall(go_mod)]


def installed(names: Sequence[str]) -> list[str]:
    """What programs are called in `.tools/bin`."""
    return [INSTALLED_NAMES.get(name, name) for name in names]


def linker_flags(go_mod: str) -> str:
    """What makes each program small and able to print its version."""
    required = go.requirements(go_mod)
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


def programs_step(root: Path, module: str, first_time: str, only: str = "") -> Step:
    """The programs of one module under tools/, or `only` one of them, in `.tools/bin`."""
    go_mod = root / "tools" / module / "go.mod"
    text = go_mod.read_text(encoding="utf-8")
    names = [only] if only else programs(text)
    folder = root / ".tools" / "bin"
    stamp = "-".join(filter(None, [module.replace("/", "-"), only]))
    return Step(
        does=f"build {enumeration(installed(names))} into .tools/bin",
        first_time=first_time,
        key=fingerprint(go_mod, go_mod.with_name("go.sum"), linker_flags(text), *changes(module), *tags(module)),
        stamp=folder / f".{stamp}.stamp",
        results=tuple(folder / name for name in installed(names)),
        make=lambda work: build_programs(work, module, names, linker_flags(text)),
        needs_go=True,
    )


def changes(module: str) -> list[str]:
    """What makes a module's programs differ from what its go.mod names."""
    parts: list[str] = []
    for change in CHANGES.get(module, ()):
        parts += [part for file, texts in change.texts.items() for part in (file, json.dumps(texts))]
        parts += [json.dumps(dict(change.cases))] if change.cases else []
    return parts


def tags(module: str) -> list[str]:
    """The option with a module's build tags; none for a module without them."""
    return [f"-tags={BUILD_TAGS[module]}"] if module in BUILD_TAGS else []


def build_programs(work: Workplace, module: str, names: Sequence[str], flags: str) -> None:
    """Build programs of a module, then put each in its place by a rename."""
    if needs_c := module in C_MODULES:
        go.require_c_compiler(work, module=module, reason=C_MODULES[module])
    text = (work.root / "tools" / module / "go.mod").read_text(encoding="utf-8")
    packages = [package for package, name in zip(_TOOL.findall(text), programs(text), strict=True) if name in names]
    with work.building() as folder:
        # The linker drops what debuggers read. Not compiling it saves an eighth of the time.
        options = ["-trimpath", "-buildvcs=false", "-gcflags=all=-dwarf=false", "-ldflags", flags, *tags(module)]
        options += changed_source(work, module, folder) or ["-mod=readonly"]
        task = f"build {enumeration(installed(names))} (tools/{module})"
        go.run(work, "build", *options, "-o", f"{folder}/", *packages, module=module, task=task, cgo=needs_c)
        (work.tools / "bin").mkdir(exist_ok=True)
        for name, final in zip(names, installed(names), strict=True):
            (folder / name).rename(work.tools / "bin" / final)


def changed_source(work: Workplace, module: str, folder: Path) -> list[str]:
    """Options that build a module from its source with our changes; none for a module that we leave as it is."""
    if module not in CHANGES:
        return []
    ours = work.root / "tools" / module
    go_mod = (ours / "go.mod").read_text(encoding="utf-8")
    originals = go.download_modules(work, module, [change.source for change in CHANGES[module]])
    for number, change in enumerate(CHANGES[module]):
        source = folder / f"source-{number}"
        _copy_changed(originals[change.source], source, change)
        go_mod += f"\nreplace {change.source} => {json.dumps(str(source))}\n"
    (folder / "go.mod").write_text(go_mod, encoding="utf-8")
    shutil.copyfile(ours / "go.sum", folder / "go.sum")
    return [f"-modfile={folder / 'go.mod'}"]


def _copy_changed(original: Path, source: Path, change: Change) -> None:
    """Copy a module with one change; raises SetupFailed where its source is another one than the change is for."""
    copy_files(original, source, change.files)
    shutil.copyfile(original / "go.mod", source / "go.mod")
    for file in [each for each in source.rglob("*.go") if change.left_out(each)]:
        file.unlink()
    for name, texts in change.texts.items():
        text = (source / name).read_text(encoding="utf-8")
        for old, new in texts.items():
            if text.count(old) != 1:
                raise SetupFailed(f"{name} of {change.source} does not hold {old} once")
            text = text.replace(old, new)
        (source / name).write_text(text, encoding="utf-8")
    for name, kept in change.cases.items():
        text = (source / name).read_text(encoding="utf-8")
        (source / name).write_text(_with_cases(text, kept), encoding="utf-8")


def _with_cases(text: str, kept: Sequence[str]) -> str:
    """A source without the cases of strings that name none of these words."""
    return _CASE.sub(lambda case: case[0] if set(re.findall(r'"(.*?)"', case[1])) & set(kept) else "", text)
