"""Everything that promote reads in a cluster: the reader's Role in delivery/reader grants exactly this."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind of namespaced objects, as the API server serves it."""

    group: str  # empty for Kubernetes' first group
    version: str
    plural: str

    def __str__(self) -> str:
        return f"{self.plural}.{self.group}" if self.group else self.plural

    def path(self, namespace: str = "", name: str = "") -> str:
        """The address of one object, of all in a namespace or, without both, of all in the cluster."""
        base = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        inside = f"/namespaces/{quote(namespace, safe='')}" if namespace else ""
        return f"{base}{inside}/{self.plural}" + (f"/{quote(name, safe='')}" if name else "")


PODS = Resource("", "v1", "pods")
SERVICES = Resource("", "v1", "services")
CLAIMS = Resource("", "v1", "persistentvolumeclaims")
DEPLOYMENTS = Resource("apps", "v1", "deployments")
REPLICA_SETS = Resource("apps", "v1", "replicasets")
STATEFUL_SETS = Resource("apps", "v1", "statefulsets")
DAEMON_SETS = Resource("apps", "v1", "daemonsets")
JOBS = Resource("batch", "v1", "jobs")
AUTOSCALERS = Resource("autoscaling", "v2", "horizontalpodautoscalers")
ENDPOINT_SLICES = Resource("discovery.k8s.io", "v1", "endpointslices")
POD_METRICS = Resource("metrics.k8s.io", "v1beta1", "pods")
CERTIFICATES = Resource("cert-manager.io", "v1", "certificates")
