"""Asks the API server what Pod Security says of a pod; nothing that is asked about is created."""

from __future__ import annotations

import copy

from tests.e2e.api import Api, Object, Refused
from tests.e2e.pods import hardened
from tests.e2e.process import wait
from tests.manifests.render import name_of

VIOLATION = "violates PodSecurity"
WARNING = "would violate PodSecurity"
INVALID = 422
FORBIDDEN = 403
LABEL = "pod-security.kubernetes.io/"
LATER = "ephemeralContainers"  # a pod is given them while it runs, never at its start


class Judge:
    """The standard as one namespace enforces it."""

    def __init__(self, api: Api, namespace: str) -> None:
        self._api = api
        self._namespace = namespace
        self._invalid: set[str] = set()

    def _there(self, item: Object) -> Object:
        return {**item, "metadata": {**item["metadata"], "namespace": self._namespace}}

    def admit(self, pods: list[Object]) -> None:
        """Create the pods that are to be given a container later, never to run, before anything is enforced."""
        for pod in pods:
            if pod["spec"].get(LATER):
                first = copy.deepcopy(self._there(pod))
                first["spec"] |= {LATER: [], "schedulerName": "nobody"}
                try:
                    self._api.create(first)
                except Refused as refusal:
                    if refusal.status != INVALID:
                        raise
                    self._invalid.add(name_of(pod))

    def enforce(self, level: str, version: str) -> None:
        """Label the namespace with a standard of a version, and wait until that is noticed."""
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self._namespace}}
        modes = {f"{LABEL}{mode}": level for mode in ("enforce", "warn")}
        versions = {f"{LABEL}{mode}-version": version for mode in ("enforce", "warn")}
        self._api.merge(namespace, {"metadata": {"labels": modes | versions}})
        wait("the standard is enforced", lambda: self._lax(f'"{level}:{version}"'), seconds=30)

    def _lax(self, standard: str) -> str | None:
        pod = hardened("probe")
        pod["spec"]["hostPID"] = True
        reason = self.verdict(pod)
        return None if reason and standard in reason else f"it said {reason}"

    def verdict(self, pod: Object) -> str | None:
        """Why the standard forbids a pod, or None; Refused where the pod is no pod at all."""
        item, later = self._there(pod), pod["spec"].get(LATER)
        try:
            if later:
                self._api.merge(item, {"spec": {LATER: later}}, subresource=f"/{LATER.lower()}", dryRun="All")
            else:
                self._api.create(item, dryRun="All")
        except Refused as refusal:
            if refusal.status == FORBIDDEN and VIOLATION in refusal.message:
                return refusal.message
            raise
        return None

    def verdicts(self, pods: list[Object]) -> dict[str, str | None]:
        """The verdict on each pod by its name, without those that contradict themselves."""
        found = {}
        for pod in (each for each in pods if name_of(each) not in self._invalid):
            try:
                found[name_of(pod)] = self.verdict(pod)
            except Refused as refusal:
                if refusal.status != INVALID:
                    raise
        return found

    def warnings(self, workloads: list[Object]) -> dict[str, str | None]:
        """What the server warns of, for each workload by its name, without those that contradict themselves."""
        found = {}
        for each in workloads:
            try:
                said = self._api.create(self._there(each), dryRun="All").warnings
            except Refused as refusal:
                if refusal.status != INVALID:
                    raise
            else:
                found[name_of(each)] = next((text for text in said if WARNING in text), None)
        return found
