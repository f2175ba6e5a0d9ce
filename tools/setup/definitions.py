"""Files from pinned Go modules: custom resources, schemas made of them, the stages of KWOK, what Gitea reads."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools.setup import go
from tools.setup.work import Step, Workplace, copy_files, fingerprint, replace_folder

# What KWOK does to nodes and pods.
KWOK = "sigs.k8s.io/kwok"
STAGE_FILES = (
    "kustomize/stage/node/fast/node-*.yaml",
    "kustomize/stage/node/heartbeat-with-lease/node-*.yaml",
    "kustomize/stage/pod/fast/pod-*.yaml",
)

# How KWOK reports the usage of pods as a kubelet does, and where it takes the numbers from: annotations of the pods.
USAGE_FILES = (
    "kustomize/metrics/resource/metrics-resource.yaml",
    "kustomize/metrics/usage/usage-from-annotation.yaml",
)

# What Gitea reads while it runs, and what its program does not contain.
GITEA = "code.gitea.io/gitea"
GITEA_FOLDERS = ("options", "public", "templates")

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
    "github.com/fluxcd/notification-controller": ("config/crd/bases/*.yaml",),
    "github.com/fluxcd/source-controller": ("config/crd/bases/*.yaml",),
    "github.com/kedacore/keda/v2": ("config/crd/bases/*.yaml",),
    "sigs.k8s.io/gateway-api": (
        "config/crd/standard/gateway.networking.k8s.io_gateways.yaml",
        "config/crd/standard/gateway.networking.k8s.io_httproutes.yaml",
    ),
}

# More kinds that get schemas, because other repositories have them. No end-to-end test installs their definitions.
OTHER_CRD_FILES = {
    "github.com/argoproj/argo-rollouts": ("manifests/crds/*-crd.yaml",),
    "github.com/cert-manager/cert-manager": ("deploy/crds/*.yaml",),
    "github.com/external-secrets/external-secrets": ("config/crds/bases/*external-secrets.io_*.yaml",),
    "github.com/prometheus-operator/prometheus-operator": ("example/prometheus-operator-crd/*.yaml",),
    "sigs.k8s.io/gateway-api": ("config/crd/standard/gateway.networking.k8s.io_[!v]*.yaml",),
}


def schemas_step(root: Path) -> Step:
    """Strict JSON schemas of the custom resources that sync engines and components use."""
    module = root / "tools" / "crds"
    folder = root / ".tools" / "schemas"
    code = (root / "tools" / "crd_schemas.py", root / "promote" / "checks" / "definitions.py")
    inputs = (module / "go.mod", module / "go.sum", *code)
    return Step(
        does="extract the schemas of custom resources into .tools/schemas",
        first_time="about half a minute",
        key=fingerprint(*inputs, json.dumps([CRD_FILES, OTHER_CRD_FILES])),
        stamp=folder / "schemas.stamp",
        results=(folder / "argoproj.io" / "application_v1alpha1.json",),
        make=extract_schemas,
        needs_go=True,
    )


def extract_schemas(work: Workplace) -> None:
    """Download the pinned modules and write the schemas of their custom resource definitions."""
    files = {file for wanted in (CRD_FILES, OTHER_CRD_FILES) for _, file in definition_files(work, wanted)}
    with work.building() as building:
        work.run(
            [work.python, "-E", "-s", "-m", "tools.crd_schemas", building / "schemas", *sorted(files)],
            task="extract the schemas of the custom resources",
            advice="See tools/crd_schemas.py.",
        )
        replace_folder(building / "schemas", work.tools / "schemas")


def definition_files(work: Workplace, wanted: Mapping[str, Sequence[str]] = CRD_FILES) -> list[tuple[str, Path]]:
    """Each of the wanted files of custom resource definitions, with the module that it is from."""
    folders = go.download_modules(work, "crds", list(wanted))
    return [
        (module, file)
        for module, patterns in wanted.items()
        for pattern in patterns
        for file in sorted(folders[module].glob(pattern))
    ]


def e2e_files_step(root: Path) -> Step:
    """What the servers of the end-to-end tests read besides their own flags."""
    tools, folder = root / "tools", root / ".tools" / "e2e"
    modules = ("crds", "e2e/cluster", "e2e/gitea")
    return Step(
        does="copy what KWOK and Gitea read, and all custom resource definitions, into .tools/e2e",
        first_time="a few seconds",
        key=fingerprint(
            *(tools / module / "go.sum" for module in modules),
            json.dumps([CRD_FILES, STAGE_FILES, USAGE_FILES, GITEA_FOLDERS]),
        ),
        stamp=folder / "files.stamp",
        results=(folder / "stages.yaml", folder / "usage.yaml", folder / "crds", folder / "gitea"),
        make=copy_e2e_files,
        needs_go=True,
    )


def copy_e2e_files(work: Workplace) -> None:
    """Write one file of stages and one of usage, a file for each definition, and the folders of Gitea."""
    gitea = go.download_modules(work, "e2e/gitea", [GITEA])[GITEA]
    kwok = go.download_modules(work, "e2e/cluster", [KWOK])[KWOK]
    with work.building() as building:
        new = building / "e2e"
        (new / "crds").mkdir(parents=True)
        for name, patterns in (("stages.yaml", STAGE_FILES), ("usage.yaml", USAGE_FILES)):
            texts = [file.read_text(encoding="utf-8") for each in patterns for file in sorted(kwok.glob(each))]
            (new / name).write_text("\n---\n".join(texts), encoding="utf-8")
        for module, file in definition_files(work):
            shutil.copyfile(file, new / "crds" / f"{module.replace('/', '_')}_{file.name}")
        for folder in GITEA_FOLDERS:
            copy_files(gitea / folder, new / "gitea" / folder)
        replace_folder(new, work.tools / "e2e")
