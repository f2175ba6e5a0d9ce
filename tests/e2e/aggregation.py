"""The API server's aggregation layer: groups of the API that another program on loopback serves."""

from __future__ import annotations

from pathlib import Path

from tests.e2e import credentials
from tests.e2e.api import Api, Object

NAMESPACE = "kube-system"
CLIENT = "front-proxy-client"


def options(folder: Path) -> list[str]:
    """The API server's options for calling other servers, and for their trust in what it says of a user."""
    if not folder.exists():  # a second start, because a port was lost
        credentials.write_identity(folder, CLIENT)
    return [
        f"--requestheader-client-ca-file={folder / 'ca.crt'}",
        f"--requestheader-allowed-names={CLIENT}",
        "--requestheader-username-headers=X-Remote-User",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        f"--proxy-client-cert-file={folder / 'tls.crt'}",
        f"--proxy-client-key-file={folder / 'tls.key'}",
    ]


def register(api: Api, name: str, group: str, version: str, port: int) -> Object:
    """Let the server called `name` that listens on a port of loopback serve a group; the APIService."""
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {"type": "ExternalName", "externalName": "localhost", "ports": [{"port": port}]},
    }
    registration = {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": f"{version}.{group}"},
        "spec": {
            "group": group,
            "version": version,
            "groupPriorityMinimum": 100,
            "versionPriority": 100,
            "insecureSkipTLSVerify": True,
            "service": {"name": name, "namespace": NAMESPACE, "port": port},
        },
    }
    for each in (service, registration):
        api.apply(each, manager="e2e")
    return registration


def unavailable(api: Api, registration: Object) -> str | None:
    """What the API server says of a server that it cannot reach; None if it answers."""
    found = api.get(registration).get("status", {}).get("conditions") or [{}]
    [state] = found
    return None if state.get("status") == "True" else str(state.get("message", "not asked"))
