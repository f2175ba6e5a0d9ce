"""Work out the ResourceQuota of an environment from what it renders: everything at its largest, while it rolls.

`quota.py ENVIRONMENT…` rewrites overlays/<environment>/resourcequota.yaml, `quota.py --check ENVIRONMENT…` only says
whether that file is right. A quota below the sum would stop a rollout at peak load, one far above it stops
nothing.
"""

from __future__ import annotations

import math
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
RESOURCES = ("cpu", "memory", "ephemeral-storage")
MARGIN = 1.1  # pods that are still stopping, or that somebody starts to look around
VISITORS = 3  # pods that a controller makes here: the edge's by Gateway API, cert-manager's
_UNITS = {"m": 1, "": 1000, "k": 1000**2, "M": 1000**3, "G": 1000**4, "Ki": 1000 * 2**10, "Mi": 1000 * 2**20}
_UNITS |= {"Gi": 1000 * 2**30, "Ti": 1000 * 2**40}
_QUANTITY = re.compile(r"([0-9.]+)([A-Za-z]*)")

Object = dict[str, Any]
Amounts = Counter[str]

TEXT = """\
# What this environment may take at most: every workload at its largest while it rolls, and a tenth more for pods that
# are still stopping or that somebody starts to look around. Written by tools/quota.py from what is rendered.
apiVersion: v1
kind: ResourceQuota
metadata:
  name: environment
  labels:
    app.kubernetes.io/part-of: mediq
spec:
  hard:
{lines}
    # Nothing here is reached past the edge.
    services.loadbalancers: "0"
    services.nodeports: "0"
"""


# Not the Kubernetes client, whose parse_quantity would bring 75 MB of generated code along.
def quantity(text: object) -> int:
    """A Kubernetes quantity in thousandths: 500m is 500, 1Ki is 1024000."""
    match = _QUANTITY.fullmatch(str(text))
    if match is None or match[2] not in _UNITS:
        raise ValueError(f"{text} is not a quantity")
    return round(float(match[1]) * _UNITS[match[2]])


def pod(spec: Object) -> Amounts:
    """What one pod counts for: its containers together, or its largest init container where that is more."""
    together, alone = Counter[str](), Counter[str]()
    for container in spec["containers"]:
        together.update(_amounts(container))
    for container in spec.get("initContainers", []):
        own = _amounts(container)
        if container.get("restartPolicy") == "Always":  # a sidecar stays
            together.update(own)
        alone |= own
    return together | alone


def _amounts(container: Object) -> Amounts:
    resources = container.get("resources", {})
    return Counter(
        {
            f"{part}.{resource}": quantity(resources.get(part, {}).get(resource, 0))
            for part in ("requests", "limits")
            for resource in RESOURCES
        }
    )


def replicas(workload: Object, largest: Mapping[tuple[str, str], int]) -> int:
    """How many pods a workload may have at once, without those that are stopping."""
    spec = workload["spec"]
    if workload["kind"] == "CronJob":
        return int(spec["jobTemplate"]["spec"].get("parallelism", 1))
    if workload["kind"] == "Job":
        return int(spec.get("parallelism", 1))
    number = largest.get((workload["kind"], workload["metadata"]["name"]), spec.get("replicas", 1))
    if workload["kind"] == "Deployment":
        surge = spec.get("strategy", {}).get("rollingUpdate", {}).get("maxSurge", "25%")
        number += math.ceil(number * int(surge[:-1]) / 100) if isinstance(surge, str) else surge
    return int(number)


def largest_numbers(objects: Iterable[Object]) -> dict[tuple[str, str], int]:
    """The most replicas that an autoscaler may ask for, by its target."""
    found = {}
    for each in objects:
        if each["kind"] in ("HorizontalPodAutoscaler", "ScaledObject"):
            target, spec = each["spec"]["scaleTargetRef"], each["spec"]
            maximum = spec.get("maxReplicas", spec.get("maxReplicaCount"))
            found[target.get("kind", "Deployment"), target["name"]] = int(maximum)
    return found


def needed(objects: Sequence[Object]) -> Amounts:
    """Everything that the objects may take at once, by the quota's names."""
    total, largest = Counter[str](), largest_numbers(objects)
    for each in objects:
        if each["kind"] in ("Deployment", "StatefulSet", "Job", "CronJob"):
            spec = each["spec"]["jobTemplate"]["spec"] if each["kind"] == "CronJob" else each["spec"]
            number = replicas(each, largest)
            total["pods"] += number
            for name, amount in pod(spec["template"]["spec"]).items():
                total[name] += amount * number
            total.update(_claims(each, number))
    return total


def _claims(workload: Object, number: int) -> Amounts:
    claims: Amounts = Counter()
    for template in workload["spec"].get("volumeClaimTemplates", []):
        claims["persistentvolumeclaims"] += number
        claims["requests.storage"] += number * quantity(template["spec"]["resources"]["requests"]["storage"])
    return claims


def lines(total: Amounts) -> Iterator[str]:
    """The quota's lines: claims exactly, the rest with the margin, in whole numbers."""
    yield f'pods: "{math.ceil(total["pods"] * MARGIN) + VISITORS}"'
    for part in ("requests", "limits"):
        yield f'{part}.cpu: "{math.ceil(total[f"{part}.cpu"] * MARGIN / _UNITS[""])}"'
        for resource in ("memory", "ephemeral-storage"):
            yield f"{part}.{resource}: {math.ceil(total[f'{part}.{resource}'] * MARGIN / _UNITS['Gi'])}Gi"
    yield f'persistentvolumeclaims: "{total["persistentvolumeclaims"]}"'
    yield f"requests.storage: {math.ceil(total['requests.storage'] / _UNITS['Gi'])}Gi"


def text(objects: Sequence[Object]) -> str:
    """The whole file for what is rendered."""
    return TEXT.format(lines="\n".join(f"    {line}" for line in lines(needed(objects))))


def render(environment: str) -> list[Object]:
    """What the overlay renders now, by the kustomize of .tools."""
    command = [str(ROOT / ".tools" / "bin" / "kustomize"), "build", str(ROOT / "overlays" / environment)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    # The C loader, if PyYAML has it, is ten times as fast.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return [each for each in yaml.load_all(done.stdout, loader) if each]


def main(arguments: Sequence[str]) -> int:
    """Write or check each environment's file; 1 where a checked one is wrong."""
    check, environments = "--check" in arguments, [each for each in arguments if not each.startswith("--")]
    wrong = []
    for environment in environments:
        file = ROOT / "overlays" / environment / "resourcequota.yaml"
        wanted = text(render(environment))
        if file.read_text(encoding="utf-8") != wanted:
            wrong.append(environment)
            if not check:
                file.write_text(wanted, encoding="utf-8")
    if check and wrong:
        print(f"the quota of {', '.join(wrong)} is not what is rendered: run tools/quota.py {' '.join(wrong)}")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
