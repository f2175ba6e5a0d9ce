"""A Kubernetes control plane on loopback, whose nodes are played by KWOK.

`python -m tests.e2e.cluster` starts one, says where its kubeconfig is, and ends it with Ctrl-C.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from functools import cache, partial
from pathlib import Path

import yaml

from tests.e2e import aggregation, credentials, keda, kubelet, metrics
from tests.e2e.api import Api, Object, Refused
from tests.e2e.process import PortTaken, Process, Running, wait
from tests.e2e.traffic import Traffic
from tests.manifests.render import REPOSITORY
from tests.ports import free_ports

# Where tools/setup has put the programs; another checkout's are as good.
TOOLS = Path(os.environ.get("E2E_TOOLS", REPOSITORY / ".tools"))
ATTEMPTS = 3
ZONES = ("a", "b", "c")
NODES_PER_ZONE = 2
PYTHON = {"PYTHONPATH": str(REPOSITORY)}
LISTENERS = (
    *("etcd", "peers", "api", "controllers", "scheduler", "kwok", "metrics", "sealing", "sealing-metrics"),
    *("keda-probes", "keda-metrics", "keda-adapter", "keda-own"),
)


class Cluster(Running):
    """All processes, their one folder, and a way to talk to them. Use it in a `with` statement.

    Autoscalers look at their metrics, and a Prometheus reads them, every `attention` seconds.
    """

    def __init__(self, folder: Path, tools: Path = TOOLS, *, attention: int = 5):
        self.folder = folder
        self.attention = attention
        self.kubeconfig = folder / "kubeconfig"
        self._bin = tools / "bin"
        self._files = tools / "e2e"
        # What else ends with the cluster, before its programs do.
        self.closing = ExitStack()
        self._processes: list[Process] = []
        self._ports: dict[str, int] = {}
        self._api: Api | None = None
        self._traffic: Traffic | None = None
        self._defined: set[str] = set()

    @property
    def api(self) -> Api:
        """The API server as its administrator sees it."""
        if self._api is None:
            self._api = Api(self.kubeconfig)
        return self._api

    def stop(self) -> None:
        """End every process, the last one first: without etcd the API server would linger."""
        self.closing.close()
        if self._api is not None:
            self._api.close()
            self._api = None
        while self._processes:
            self._processes.pop().stop()

    def _start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for attempt in range(ATTEMPTS):
            self._ports = dict(zip(LISTENERS, free_ports(len(LISTENERS)), strict=True))
            try:
                self._start_servers()
                break
            except PortTaken:
                self.stop()
                shutil.rmtree(self.folder / "etcd", ignore_errors=True)
                if attempt == ATTEMPTS - 1:
                    raise
        self._start_clients()
        for zone in ZONES:
            for number in range(NODES_PER_ZONE):
                self.api.create(kubelet.node(zone, number))
        wait("the nodes become ready", self._nodes_missing, seconds=60)

    def run(self, name: str, *command: str | Path, env: Mapping[str, str] | None = None) -> Process:
        """Start a program that ends with the cluster, with its log in the cluster's folder."""
        process = Process(self.folder / f"{name}.log", command, env)
        self._processes.append(process)
        return process

    def process(self, name: str) -> Process:
        """The process of that name, such as "etcd", for tests that kill, pause and restart it."""
        [found] = [each for each in self._processes if each.name == name]
        return found

    def url(self, listener: str, path: str = "", scheme: str = "http") -> str:
        """An address of one of LISTENERS."""
        return f"{scheme}://127.0.0.1:{self._ports[listener]}{path}"

    def _start_servers(self) -> None:
        self.run(
            "etcd",
            self._bin / "etcd",
            "--data-dir",
            self.folder / "etcd",
            "--unsafe-no-fsync",
            f"--listen-client-urls={self.url('etcd')}",
            f"--advertise-client-urls={self.url('etcd')}",
            f"--listen-peer-urls={self.url('peers')}",
            f"--initial-advertise-peer-urls={self.url('peers')}",
            f"--initial-cluster=default={self.url('peers')}",
        ).ready(self.url("etcd", "/health"))
        key, tokens, token = self.folder / "sa.key", self.folder / "tokens.csv", secrets.token_urlsafe(32)
        key.write_bytes(credentials.pem(credentials.private_key()))
        tokens.write_text(f"{token},admin,admin,system:masters\n")
        certificates = self.folder / "certificates"
        server = self.run(
            "kube-apiserver",
            self._bin / "kube-apiserver",
            f"--etcd-servers={self.url('etcd')}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            "--endpoint-reconciler-type=none",
            f"--secure-port={self._ports['api']}",
            f"--cert-dir={certificates}",
            f"--service-account-key-file={key}",
            f"--service-account-signing-key-file={key}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--token-auth-file={tokens}",
            "--authorization-mode=Node,RBAC",
            "--feature-gates=APIResponseCompression=false",  # on loopback it would only take processor time
            "--allow-privileged=true",  # as clusters are set up: it is the standard that must refuse
            "--service-cluster-ip-range=10.96.0.0/16",
            *aggregation.options(self.folder / "front-proxy"),
        )
        authority = certificates / "apiserver.crt"
        server.ready(self.url("api", "/readyz", "https"), authority)
        credentials.write_kubeconfig(self.kubeconfig, self.url("api", scheme="https"), authority, token)

    def _start_clients(self) -> None:
        wait("the namespaces appear", self._namespaces_missing, seconds=30)
        common = (f"--kubeconfig={self.kubeconfig}", "--leader-elect=false", "--bind-address=127.0.0.1")
        certificates = self.folder / "certificates"
        controllers = self.run(
            "kube-controller-manager",
            self._bin / "kube-controller-manager",
            *common,
            f"--secure-port={self._ports['controllers']}",
            f"--cert-dir={certificates}",
            f"--service-account-private-key-file={self.folder / 'sa.key'}",
            f"--root-ca-file={certificates / 'apiserver.crt'}",
            "--use-service-account-credentials=true",
            f"--horizontal-pod-autoscaler-sync-period={self.attention}s",
        )
        scheduler = self.run(
            "kube-scheduler",
            self._bin / "kube-scheduler",
            *common,
            f"--secure-port={self._ports['scheduler']}",
            f"--cert-dir={certificates}",
        )
        for name in ("stages.yaml", "usage.yaml"):
            shutil.copyfile(self._files / name, self.folder / name)
        kwok = self.run(
            "kwok",
            self._bin / "kwok",
            f"--kubeconfig={self.kubeconfig}",
            "--manage-all-nodes=true",
            "--config=stages.yaml",  # in the folder that it starts in: a comma in a path would end it
            "--config=usage.yaml",
            f"--config={kubelet.write(self.folder, self._ports['kwok']).name}",
            f"--server-address=127.0.0.1:{self._ports['kwok']}",
            "--node-ip=127.0.0.1",
            f"--node-port={self._ports['kwok']}",
            f"--tls-cert-file={certificates / 'apiserver.crt'}",
            f"--tls-private-key-file={certificates / 'apiserver.key'}",
            "--node-lease-duration-seconds=40",
            env={"PATH": str(kubelet.programs(self.folder))},
        )
        self.run("provisioner", sys.executable, "-m", "tests.e2e.provisioner", self.kubeconfig, env=PYTHON)
        own = certificates / "kube-controller-manager.crt"
        controllers.ready(self.url("controllers", "/healthz", "https"), own)
        scheduler.ready(self.url("scheduler", "/readyz", "https"), certificates / "kube-scheduler.crt")
        kwok.ready(self.url("kwok", "/healthz"))
        metrics.start(self)

    def scale_by_keda(self, environments: Mapping[str, list[Object]]) -> None:
        """Start KEDA, and what it asks in each environment of which the objects are given."""
        self._traffic = keda.start(self, environments)

    @property
    def traffic(self) -> Traffic:
        """What the environments that KEDA scales have to do."""
        assert self._traffic is not None, "no environment is scaled by KEDA"
        return self._traffic

    def define(self, *groups: str) -> None:
        """Install the custom resources of these groups, from the definitions that setup has put there."""
        new = set(groups) - self._defined
        made = [each for each in _definitions(self._files / "crds") if each["spec"]["group"] in new]
        for each in made:
            self.api.apply(each, manager="e2e")
        for each in made:
            wait(f"{each['metadata']['name']} is established", partial(self._undefined, each), seconds=30)
        self._defined |= new

    def _undefined(self, definition: Object) -> str | None:
        states = {each["type"]: each["status"] for each in _conditions(self.api.get(definition))}
        if states.get("Established") != "True":
            return str(states)
        spec = definition["spec"]
        try:
            for version in spec["versions"]:
                if version["served"]:
                    self.api.kind(f"{spec['group']}/{version['name']}", spec["names"]["kind"])
        except Refused as refusal:
            return refusal.message
        return None

    def port(self, listener: str) -> int:
        """The port of one of LISTENERS."""
        return self._ports[listener]

    def program(self, name: str) -> Path:
        """A client that setup has built."""
        return self._bin / name

    def keep(self) -> None:
        """Write down what there is, for whoever looks for the cause of a failure."""
        for version, kind in (("v1", "Event"), ("v1", "Pod"), ("apps/v1", "Deployment"), ("batch/v1", "Job")):
            found = self.api.list(version, kind)
            (self.folder / f"{kind.lower()}s.json").write_text(json.dumps(found, indent=1))

    def _namespaces_missing(self) -> str | None:
        needed = {"default", "kube-system"}
        missing = needed - {each["metadata"]["name"] for each in self.api.list("v1", "Namespace")}
        return f"without {missing}" if missing else None

    def _nodes_missing(self) -> str | None:
        unready = [
            node["metadata"]["name"]
            for node in self.api.list("v1", "Node")
            if not any(each["type"] == "Ready" and each["status"] == "True" for each in _conditions(node))
        ]
        return f"without {unready}" if unready else None


@cache
def _definitions(folder: Path) -> list[Object]:
    """All definitions of custom resources in the files of a folder."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    texts = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.yaml"))]
    return [each for text in texts for each in yaml.load_all(text, loader) if each]


def _conditions(item: Object) -> list[Object]:
    found: list[Object] = item.get("status", {}).get("conditions") or []
    return found


def runs() -> Path:
    """The parent of the folders of all runs."""
    return Path(os.environ.get("E2E_FOLDER", REPOSITORY / ".sandbox"))


def new_folder() -> Path:
    """An empty folder for a cluster; `make clean` removes those that were kept."""
    parent = runs()
    parent.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="e2e-", dir=parent))


def leave_on_signals() -> None:
    """Let whatever asks us to end unwind the stack, so that every `with` statement ends."""

    def leave(*_: object) -> None:
        raise KeyboardInterrupt

    # Also the first one: a shell starts what runs in the background with SIGINT ignored.
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, leave)


def main() -> int:
    """Run a cluster until interrupted."""
    leave_on_signals()
    folder = new_folder()
    try:
        with Cluster(folder) as cluster:
            print(f"export KUBECONFIG='{cluster.kubeconfig}'", flush=True)
            while True:
                time.sleep(3600)
    except KeyboardInterrupt:
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
