"""Makes a volume for each claim, as the storage driver of a cloud would.

`python -m tests.e2e.provisioner KUBECONFIG` follows the class of a claim: with `WaitForFirstConsumer` it
waits until the scheduler has chosen a node, and `reclaimPolicy` decides whether a volume outlives its claim.
Nothing is stored.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import urllib3

from tests.e2e.api import Api, Object, Refused

NODE = "volume.kubernetes.io/selected-node"


def volume(claim: Object, storage_class: Object) -> Object:
    """What satisfies a claim."""
    metadata, spec = claim["metadata"], claim["spec"]
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {
            "name": f"pvc-{metadata['uid']}",
            "annotations": {"pv.kubernetes.io/provisioned-by": storage_class["provisioner"]},
        },
        "spec": {
            "capacity": spec["resources"]["requests"],
            "accessModes": spec["accessModes"],
            "volumeMode": spec["volumeMode"],
            "persistentVolumeReclaimPolicy": storage_class["reclaimPolicy"],
            "storageClassName": storage_class["metadata"]["name"],
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "namespace": metadata["namespace"],
                "name": metadata["name"],
                "uid": metadata["uid"],
            },
            # No kubelet mounts it, and no attach controller waits for it.
            "hostPath": {"path": f"/nonexistent/{metadata['uid']}"},
        },
    }


def wanted(claim: Object, storage_class: Object) -> bool:
    """Whether it is time to make a volume."""
    waits = storage_class["volumeBindingMode"] == "WaitForFirstConsumer"
    chosen = NODE in claim["metadata"].get("annotations", {})
    return not claim["spec"].get("volumeName") and (chosen or not waits)


def serve(api: Api, event: str, claim: Object) -> None:
    """Make or delete the volume of one claim."""
    name = claim["spec"].get("storageClassName")
    storage_class = api.find("storage.k8s.io/v1", "StorageClass", name) if name else None
    if storage_class is None:
        print(f"{claim['metadata']['name']}: no class {name}", flush=True)
        return
    made = volume(claim, storage_class)
    if event == "DELETED":
        if storage_class["reclaimPolicy"] == "Delete":
            api.delete(made)
    elif wanted(claim, storage_class):
        try:
            api.create(made)
        except Refused as refusal:
            if refusal.status != 409:
                raise
        print(f"{claim['metadata']['namespace']}/{claim['metadata']['name']}: {name}", flush=True)


def main(kubeconfig: Path) -> None:
    """Serve claims forever."""
    api = Api(kubeconfig)
    path = api.collection("v1", "PersistentVolumeClaim")
    while True:
        try:
            _serve_all(api, path)
        except (urllib3.exceptions.HTTPError, Refused) as error:
            print(f"again, after: {error}", flush=True)
            time.sleep(0.5)  # the API server is down, or about to be


def _serve_all(api: Api, path: str) -> None:
    """Serve the claims that there are, and then those that come, until the server ends that."""
    listed = api.request("GET", path).content
    for claim in listed["items"]:
        serve(api, "ADDED", claim)
    for event in api.watch(path, listed["metadata"]["resourceVersion"]):
        if event["type"] == "ERROR":
            break
        serve(api, event["type"], event["object"])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
