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

# The version of the control plane, and the rules that deny only what its API server rejects.
VERSION = "1.36"
RULES = frozenset(
    {
        "documents.labels",
        "documents.names",
        "references.volume",
        "services.port_names",
        "workloads.duplicates",
        "workloads.pod_template",
        "workloads.restart_policy",
        "workloads.selector",
    }
)
REJECTED = {400, 422}
# What only a live cluster can know: the reason, and how its API server says so.
LIVE = {
    "the range of node ports is an option of the API server": r"provided port is not in the valid range",
    "a feature gate of the API server enables alpha values": r'\.operator: Unsupported value: "[GL]t"',
}
THREADS = 6


def explained(said: str) -> bool:
    """Whether an answer is about the cluster, not about the object."""
    return any(re.search(pattern, said) for pattern in LIVE.values())


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
    for each in evaluate(items, folder, only=RULES).findings:
        if each.level == "deny":
            found[place[each.name]].append(f"{each.rule}: {each.message}")
    return found
