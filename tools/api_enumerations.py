"""Write promote/api/enumerations.json: which values the API server accepts in which field, by Kubernetes version.

The published OpenAPI of Kubernetes leaves enumerations out. The Go types that it is made from have them: a type is
marked `+enum`, and its constants are the values. They are read from each module `k8s.io/api`, by its hash.
`tools/api_enumerations.py` downloads the modules, so it needs Go and a module proxy, and writes the file.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, cast

OUTPUT = Path(__file__).parents[1] / "promote" / "api" / "enumerations.json"
# One release of each minor version that kubernetes-validate has schemas of, and the sum of its module.
MODULES = {
    "v0.25.16": "h1:6VsSxn0vCdHuAVh82EZCKoM457LuUpQQb6YXfQunz7Q=",
    "v0.26.15": "h1:tjMERUjIwkq+2UtPZL5ZbSsLkpxUv4gXWZfV5lQl+Og=",
    "v0.27.16": "h1:70IBoTuiPfd+Tm68WH0tGXQRSQq0R1xnbyhTRe8WYQY=",
    "v0.28.15": "h1:u+Sze8gI+DayQxndS0htiJf8yVooHyUx/H4jEehtmNs=",
    "v0.29.15": "h1:QxPcAheYujeBwkdiE0vMyKkAtqUq5YNyXVqimT+me44=",
    "v0.30.14": "h1:iPq9YNOz1vHcSuN9YTmRUt8iPpB1cYPxxjgbY25xfS4=",
    "v0.31.14": "h1:xYn/S/WFJsksI7dk/5uBRd3Umm/D8W5g7sRnd4csotA=",
    "v0.32.13": "h1:CAtHUTtSau6UhSGcrypjKXc2365TncaxUtrIfnjUPGE=",
    "v0.33.13": "h1:Au/I/J8SXmcCBxp+KiS82451AEaKjVHouB1x3lUm1Wk=",
    "v0.34.6": "h1:0ReeOHQfV9SwQ8CMOHkPbM/GscIT3gN2qh463TOEEk4=",
    "v0.35.3": "h1:pA2fiBc6+N9PDf7SAiluKGEBuScsTzd2uYBkA5RzNWQ=",
    "v0.36.3": "h1:NxB+05W2UGqXWFXcLO0RB5cnqnUPP5v5sVlaOH0Iz4w=",
    "v0.37.0": "h1:Z//Vj9N7RA/yS2sDmxyeo7h+RR4zbUrd2vrd3Z0TbB4=",
}
# Closed sets that carry no mark. The validation in pkg/apis of k8s.io/kubernetes rejects other values.
UNMARKED = {
    "apps.v1.PersistentVolumeClaimRetentionPolicyType",
    "autoscaling.v2.HPAScalingPolicyType",
    "autoscaling.v2.MetricSourceType",
    "autoscaling.v2.MetricTargetType",
    "autoscaling.v2.ScalingPolicySelect",
    "core.v1.ContainerRestartPolicy",
    "core.v1.ContainerRestartRuleAction",
    "core.v1.ContainerRestartRuleOnExitCodesOperator",
    "core.v1.HostPathType",
    "core.v1.PersistentVolumeAccessMode",
    "core.v1.PersistentVolumeMode",
    "core.v1.LimitType",
    "core.v1.OSName",
    "core.v1.RecursiveReadOnlyMode",
    "core.v1.ResourceResizeRestartPolicy",
    "storage.v1.FSGroupPolicy",
    "storage.v1.VolumeBindingMode",
    "storage.v1.VolumeLifecycleMode",
}
# Sets that the server leaves open although they are marked: it accepts other values, or the field is not validated.
OPEN = {
    "core.v1.ConditionStatus",
    "core.v1.ResourceName",
    "discovery.v1.AddressType",
    "discovery.v1beta1.AddressType",
}
# Types that no field of a served version has.
INTERNAL = {"autoscaling.v1.MetricSpec"}

_FILES = re.compile(r"(types|[a-z_]*types)\.go")
_TYPE = re.compile(r"((?:^//.*\n)*)^type (\w+) string$", re.MULTILINE)
_CONSTANT = re.compile(r"^\s*(?:const )?\w+\s+(?:([A-Z]\w*)\s*=|=\s*([A-Z]\w*)\()\s*\"([^\"]*)\"", re.MULTILINE)
_STRUCT = re.compile(r"^type (\w+) struct \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_FIELD = re.compile(r"^\t(?:(\w+) )?(\*?)(\[\])?(\*?)([\w.]+) `json:\"(\w*),?([^\"]*)\"", re.MULTILINE)
_IMPORT = re.compile(r"^\s*(?:import )?(\w+)? ?\"k8s\.io/api/(\w+)/(\w+)\"$", re.MULTILINE)


class Field(NamedTuple):
    """A field of a struct: its name in JSON, the type of its values, and whether it holds a list or a pointer."""

    name: str
    type: str
    items: bool
    pointer: bool


class Module:
    """The types of one version of k8s.io/api, each called `group.version.Name`."""

    def __init__(self, folder: Path) -> None:
        self.values: dict[str, set[str]] = {}
        self.marked: set[str] = set()
        self.structs: dict[str, list[Field]] = {}
        for file in sorted(folder.glob("*/*/*.go")):
            if _FILES.fullmatch(file.name):
                self._read(file)

    def _read(self, file: Path) -> None:
        text = file.read_text(encoding="utf-8")
        package = f"{file.parent.parent.name}.{file.parent.name}"
        imports = {alias or version: f"{group}.{version}" for alias, group, version in _IMPORT.findall(text)}
        for comment, name in _TYPE.findall(text):
            if "+enum" in comment:
                self.marked.add(f"{package}.{name}")
        for typed, converted, value in _CONSTANT.findall(text):
            self.values.setdefault(f"{package}.{typed or converted}", set()).add(value)
        for name, body in _STRUCT.findall(text):
            self.structs[f"{package}.{name}"] = [
                Field(json_name, _qualified(kind, package, imports), bool(items), bool(first or second))
                for _, first, items, second, kind, json_name, _ in _FIELD.findall(body)
            ]

    def enumerated(self, struct: str, closed: set[str]) -> Iterator[Field]:
        """The fields with closed sets of values, also those of structs that are embedded."""
        for field in self.structs.get(struct, ()):
            if field.type in closed and field.name:
                yield field
            elif not field.name:
                yield from self.enumerated(field.type, closed)


def _qualified(kind: str, package: str, imports: dict[str, str]) -> str:
    alias, dot, name = kind.rpartition(".")
    return f"{imports.get(alias, alias)}.{name}" if dot else f"{package}.{name}"


def enumerations(modules: dict[int, Module]) -> dict[str, dict[str, dict[str, object]]]:
    """By definition and field: the first and the last version that knows each value, and what else a field may be."""
    closed = set().union(UNMARKED, *(module.marked for module in modules.values())) - OPEN
    found: dict[str, dict[str, dict[str, object]]] = {}
    for minor, module in sorted(modules.items()):
        for struct in sorted(module.structs):
            if "Status" in struct or "Condition" in struct or struct in INTERNAL:
                continue  # nobody writes them in a manifest
            for field in (one for one in module.enumerated(struct, closed) if module.values.get(one.type)):
                entry = found.setdefault(f"io.k8s.api.{struct}", {}).setdefault(
                    field.name, {"values": {}, "items": field.items, "pointer": field.pointer}
                )
                values = cast("dict[str, list[int]]", entry["values"])
                for value in sorted(module.values[field.type]):
                    values[value] = [values.get(value, [minor])[0], minor]
    return found


def written(found: dict[str, dict[str, dict[str, object]]]) -> str:
    """As JSON, with a line for each field."""
    definitions = [
        f"{json.dumps(name)}: {{\n"
        + ",\n".join(
            f"  {json.dumps(field)}: {json.dumps(fields[field], sort_keys=True)}" for field in sorted(fields)
        )
        + "\n}"
        for name, fields in sorted(found.items())
    ]
    return "{\n" + ",\n".join(definitions) + "\n}\n"


def main() -> None:
    """Download every module, compare its sum, and write the file."""
    modules = {}
    for version, expected in MODULES.items():
        command = ["go", "mod", "download", "-json", f"k8s.io/api@{version}"]
        done = subprocess.run(command, capture_output=True, check=True, text=True, cwd="/")
        said = json.loads(done.stdout)
        if said["Sum"] != expected:
            raise SystemExit(f"k8s.io/api {version} has the sum {said['Sum']}, not {expected}")
        modules[int(version.split(".")[1])] = Module(Path(said["Dir"]))
    OUTPUT.write_text(written(enumerations(modules)), encoding="utf-8")


if __name__ == "__main__":
    main()
