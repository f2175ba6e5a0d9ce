"""What an API server says of objects that are sent as a dry run, and what `promote check` says of the same."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from promote.checks import inspection
from promote.kustomize import documents
from tests.e2e.api import Api, Object, Refused
from tests.policies.evaluation import evaluate

# The version of the control plane, and the rules that deny only what its API server rejects, with these messages.
VERSION = "1.36"
RULES = {
    "autoscaling.bounds": ".*",
    "documents.contradictions": ".*",
    "documents.labels": ".*",
    "documents.names": ".*",
    "references.volume": ".*",
    "services.port_names": ".*",
    "workloads.duplicates": ".*",
    "workloads.pod_template": ".*",
    "workloads.resources": ".* requests more ",
    "workloads.restart_policy": ".*",
    "workloads.rollout": ".*",
    "workloads.selector": ".*",
}
# What only a live cluster can know: the reason, and how its API server says so.
LIVE = {
    "the range of node ports is an option of the API server": r"provided port is not in the valid range",
    "its time zones are those of its machine": r"unknown time zone",
    "other objects in it": r"no PriorityClass with name|serviceaccount .* not found|priority admission controller",
    "a feature gate allows no replicas": r"spec.minReplicas: Invalid value: 0",
    "a feature gate of the API server enables alpha values": r'\.operator: Unsupported value: "[GL]t"',
}
# What is denied although the server accepts it: the reason, and how the change is described.
DENIED_ANYHOW = {
    "the object that a controller makes of it is rejected": (
        r"(jobTemplate|volumeClaimTemplates\.\d+)\.metadata|template.*\.image = ' a'"
    ),
    "server-side apply rejects a variable that is there twice": r"\.env(\.\d+\.name)? = ",
    "no ConfigMap or Secret has such a key, so the pod never starts": r"\.items\.\d+\.key = ",
    "nothing binds an invalid address, so the pod never starts": r"\.hostIP = ",
    "no label has such a value, so the selector selects nothing": r"matchLabels\.\w+ = ",
    "the server removes sessionAffinityConfig silently": r"sessionAffinity( removed| = (None|''))",
    "the limits of an unknown type limit nothing": r"limits\.\d\.type = ",
    "a field that the documents of the API require is missing": (
        r"(Policy| rules|\.rules|sources.*) = (None|\{\})|(seconds|\.limits|sources.*) removed|sleep = \{\}|"
        r"httpHeaders\.\d\.value = None|data\S* = (\[\]|\{\})"
    ),
}
THREADS = 6


def explained(said: str) -> bool:
    """Whether an answer is about the cluster, not about the object."""
    return any(re.search(pattern, said) for pattern in LIVE.values())


def intended(said: str) -> bool:
    """Whether a change that the server accepts is denied on purpose."""
    return any(re.search(pattern, said) for pattern in DENIED_ANYHOW.values())


def answers(api: Api, items: Sequence[Object]) -> list[str]:
    """Why the server rejects each object, or an empty text."""
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(lambda item: _answer(api, item), items))


def _answer(api: Api, item: Object) -> str:
    try:
        api.create(item, dryRun="All")
    except Refused as refusal:
        return f"{refusal.status} {refusal.message}"
    return ""


def verdicts(items: Sequence[Object], folder: Path) -> list[list[str]]:
    """What check denies as invalid in each object."""
    text = "\n---\n".join(json.dumps(item) for item in items)
    file = folder / "objects.yaml"
    file.write_text(text, encoding="utf-8")
    resources = inspection._kubeconform([file], VERSION, documents.kinds(text), [])
    assert len(resources) == len(items)
    found = [[f"schema: {one['msg']}"] if one["status"] != "statusValid" else [] for one in resources]
    place = {item["metadata"]["name"]: number for number, item in enumerate(items)}
    for each in evaluate(items, folder, only=frozenset(RULES)).findings:
        if each.level == "deny" and re.match(RULES[each.rule], each.message):
            found[place[each.name]].append(f"{each.rule}: {each.message}")
    return found
