"""Overlays with other components switched on, as components/README.md allows them."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

import yaml

from tests import shared
from tests.manifests.render import REPOSITORY, Object, build, read_kustomization, render
from tools import quota

PAGE = REPOSITORY / "components" / "README.md"
Variant = tuple[str, ...]
# Between them these switch on every component.
COVERING: tuple[Variant, ...] = (
    (
        "edge-gateway",
        "secrets-sealed/ENV",
        "cert-manager",
        "cert-manager-http01",
        "autoscaling-keda",
        "gateway-canary",
        "internal-tls",
    ),
    ("edge-ingress", "secrets-external/ENV", "cert-manager", "debug-pod"),
)


def table(heading: str) -> list[list[str]]:
    """The cells of the page's table that starts with this heading."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"| {heading} |"))
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def choices() -> dict[str, list[tuple[Variant, Variant]]]:
    """For each choice the components that may be chosen, and those that must be there with them."""
    return {row[0]: [_option(text) for text in row[1].split("·")] for row in table("choice")}


def _option(text: str) -> tuple[Variant, Variant]:
    chosen, _, condition = text.partition("(with ")
    return tuple(re.findall(r"`([^`]+)`", chosen)), tuple(re.findall(r"`([^`]+)`", condition))


def variants(environment: str) -> list[Variant]:
    """Every combination that the page allows, for one environment."""
    found = []
    for picked in product(*choices().values()):
        chosen = tuple(name for names, _ in picked for name in names)
        if {name for _, needed in picked for name in needed} <= set(chosen):
            found.append(tuple(name.replace("ENV", environment) for name in chosen))
    return found


def optional() -> set[str]:
    """The components that the page lets one choose, without the environment."""
    return {name.removesuffix("/ENV") for options in choices().values() for names, _ in options for name in names}


def example(component: str, name: str) -> Object:
    """The YAML of that name that a component's page shows."""
    page = (REPOSITORY / "components" / component / "README.md").read_text(encoding="utf-8")
    (text,) = re.findall(rf"^```yaml {name}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    content: Object = yaml.safe_load(text)
    return content


def complaint(folder: Path) -> str:
    """What Kustomize says against a folder; nothing when it builds without a word."""
    done = build(folder)
    return done.stderr if done.returncode == 0 else f"{folder.name}: {done.stderr}"


class Workshop:
    """A copy of the manifests in which overlays may be changed; several processes may share it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        with shared.alone(folder / "overlays"):
            if not (folder / "overlays").exists():
                for name in ("base", "components", "overlays"):
                    shutil.copytree(REPOSITORY / name, folder / name)

    def overlay(self, environment: str, variant: Variant, *, patches: str = "") -> Path:
        """The overlay with exactly these of the optional components, in their place in the list."""
        name = "-".join([environment, *variant, hashlib.sha256(patches.encode()).hexdigest()[:8]])
        target = self.folder / "overlays" / name.replace("/", "-")
        with shared.alone(target):
            if not target.exists():
                self._write(target, environment, variant, patches)
        return target

    def _write(self, target: Path, environment: str, variant: Variant, patches: str) -> None:
        shutil.copytree(self.folder / "overlays" / environment, target)
        content = read_kustomization(target)
        content["components"] = list(self._components(content["components"], variant))
        if "gateway-canary" in variant:
            content["images"] += example("gateway-canary", "version")["images"]
        content["patches"] += (yaml.safe_load(patches) or {}).get("patches", [])
        (target / "kustomization.yaml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")

    def two_versions(self, environment: str, green: Sequence[str] = (), canary: Sequence[str] = ()) -> Path:
        """The overlay with a second colour, or a canary, of these services, as components/second-version shows it."""
        target = self.folder / "overlays" / "-".join([environment, "green", *green, "canary", *canary])
        with shared.alone(target):
            if not target.exists():
                self._write_two(target, environment, green, canary)
        return target

    def _write_two(self, target: Path, environment: str, green: Sequence[str], canary: Sequence[str]) -> None:
        shutil.copytree(self.folder / "overlays" / environment, target)
        content = read_kustomization(target)
        for kind, addition, services in (("green", "blue-green", green), ("canary", "canary-by-replicas", canary)):
            folder: Object = {}
            for service in services:
                for made, name in ((folder, kind), (content, addition)):
                    _add(made, _about(service, example("second-version", name)))
            if services:
                listed = target / kind / "services" if kind == "green" else target / kind
                listed.mkdir(parents=True)
                (listed / "kustomization.yaml").write_text(yaml.safe_dump(folder, sort_keys=False), encoding="utf-8")
        if green:
            component = yaml.safe_dump(example("second-version", "green-component"), sort_keys=False)
            (target / "green" / "kustomization.yaml").write_text(component, encoding="utf-8")
            content["components"].remove("green")
            content["components"].insert(content["components"].index("../../components/versions"), "green")
        text = yaml.dump(content, Dumper=_Dumper, sort_keys=False)
        (target / "kustomization.yaml").write_text(text, encoding="utf-8")
        text = quota.text(render(target).objects)
        (target / "resourcequota.yaml").write_text(text, encoding="utf-8")

    @staticmethod
    def _components(listed: list[str], variant: Variant) -> Iterator[str]:
        # What is the overlay's own comes first: others take it. What every overlay has comes last: it reaches all.
        common = [path for path in listed if path.startswith("../../components/")]
        yield from (path for path in listed if path not in common)
        yield from (f"../../components/{name}" for name in variant)
        for path in common:
            if path.removeprefix("../../components/").partition("/")[0] not in optional():
                yield path


class _Dumper(yaml.SafeDumper):
    """Writes patches as people do, each as a block."""

    def represent_str(self, data: str) -> yaml.ScalarNode:
        is_patch = "\n" in data or data.startswith("- {op: ")
        return self.represent_scalar("tag:yaml.org,2002:str", data, style="|" if is_patch else None)


_Dumper.add_representer(str, _Dumper.represent_str)


def _about(service: str, shown: Object) -> Object:
    """An example of user-service, for another service; the gateway's Service has a name of its own."""
    text = yaml.safe_dump(shown).replace("user-service", service)
    found: Object = yaml.safe_load(text)
    for patch in found.get("patches", []):
        if service == "api-gateway" and patch["target"]["kind"] == "Service":
            patch["target"]["name"] = "api-gateway-service"
    return found


def _add(made: Object, more: Object) -> None:
    """Add the items of lists that are not there yet."""
    for key, value in more.items():
        if isinstance(value, list):
            made.setdefault(key, []).extend(item for item in value if item not in made[key])
        else:
            made[key] = value
