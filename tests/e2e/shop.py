"""The shop of tests/integration/shop.py in a cluster: an engine that applies what Git says, and measured traffic.

No container runs here, so requests are counted by a stub: a hundred a second, divided as the Services and routes in
the cluster say, with the errors that a version is known for.
"""

from __future__ import annotations

import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import yaml

from tests.e2e.api import Api, Object, Refused
from tests.e2e.cluster import Cluster
from tests.e2e.environments import condition
from tests.integration.sandbox import Sandbox
from tests.manifests.render import build
from tests.ports import free_ports

SCRAPE = 5  # seconds between two scrapes
RATE = 100.0  # requests per second
# The share of errors of each tag; None stands for one that exposes no metrics at all.
ERRORS: Mapping[str, float | None] = {"2.0-bad": 0.06, "3.0-silent": None}

Engine = Callable[[str], None]  # applies what a commit says


def rendered(clone: Sandbox, commit: str, folder: str) -> list[Object]:
    """What a folder renders at a commit of the shared repository."""
    with tempfile.TemporaryDirectory() as temporary:
        archive = subprocess.run(["git", "archive", commit], cwd=clone.origin, check=True, capture_output=True)
        subprocess.run(["tar", "-x", "-C", temporary], input=archive.stdout, check=True)
        done = build(Path(temporary, folder))
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


def applying(cluster: Cluster, clone: Sandbox, folder: str) -> Engine:
    """The engine of these tests: renders a folder at a commit, and applies each object."""

    def apply(commit: str) -> None:
        for each in rendered(clone, commit, folder):
            cluster.api.apply(each)

    return apply


@contextmanager
def following(clone: Sandbox, engine: Engine, seen: Callable[[str], None] = lambda _: None) -> Iterator[None]:
    """Let the engine apply every new tip of the shared branch, until the end of the block."""
    ended, broken = threading.Event(), list[BaseException]()

    def follow() -> None:
        last = ""
        while not ended.wait(0.1):
            tip = clone.tip()
            if tip != last:
                seen(tip)
                engine(tip)
                last = tip

    def guarded() -> None:
        try:
            follow()
        except BaseException as error:
            broken.append(error)

    thread = threading.Thread(target=guarded)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
    assert broken == []


class Traffic:
    """What the shop's pods would expose, in the text format of Prometheus."""

    def __init__(self, api: Api, namespace: str) -> None:
        self._api, self._namespace = api, namespace
        self._since = time.monotonic()
        self._requests: dict[tuple[str, str], float] = {}  # by pod and status

    def text(self) -> str:
        """All counters now: what was sent since the last time went where traffic goes now."""
        now = time.monotonic()
        passed, self._since = now - self._since, now
        pods = self._ready()
        for name, share in self._shares(pods).items():
            tag = pods[name]["spec"]["containers"][0]["image"].rpartition(":")[2]
            errors = ERRORS.get(tag, 0.0)
            if errors is not None:
                for status, part in (("200", 1 - errors), ("500", errors)):
                    if part:
                        before = self._requests.get((name, status), 0.0)
                        self._requests[name, status] = before + passed * RATE * share * part
        lines = []
        for (pod, status), count in self._requests.items():
            if pod in pods:
                about = f'namespace="{self._namespace}",pod="{pod}"'
                lines.append(f'http_requests_total{{{about},status="{status}"}} {count}')
                if status == "200":
                    lines += [
                        f'http_request_duration_seconds_bucket{{{about},le="{bound}"}} {count}'
                        for bound in ("0.1", "+Inf")
                    ]
        return "\n".join([*lines, ""])

    def _ready(self) -> dict[str, Object]:
        found = self._api.list("v1", "Pod", self._namespace)
        states = {each["metadata"]["name"]: (each, condition(each, "Ready")) for each in found}
        return {
            name: pod
            for name, (pod, ready) in states.items()
            if ready and ready["status"] == "True" and "deletionTimestamp" not in pod["metadata"]
        }

    def _shares(self, pods: Mapping[str, Object]) -> dict[str, float]:
        """The share of each pod of api, by weights, and of mail, by its one Service."""
        [route] = self._api.list("gateway.networking.k8s.io/v1", "HTTPRoute", self._namespace)
        weights = {one["name"]: one["weight"] for one in route["spec"]["rules"][0]["backendRefs"]}
        shares: dict[str, float] = {}
        for service, weight in {**weights, "mail": 100}.items():
            selector = self._api.find("v1", "Service", service, self._namespace)
            assert selector is not None
            wanted = selector["spec"]["selector"].items()
            behind = [name for name, pod in pods.items() if wanted <= pod["metadata"]["labels"].items()]
            shares |= {name: weight / 100 / len(behind) for name in behind}
        return shares


@contextmanager
def measured(cluster: Cluster, namespace: str) -> Iterator[str]:
    """A real Prometheus that scrapes the traffic; its address."""
    traffic = Traffic(cluster.api, namespace)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with suppress(Refused):
                data = traffic.text().encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        folder = cluster.folder / "prometheus-shop"
        folder.mkdir()
        job = {"job_name": "shop", "static_configs": [{"targets": [f"127.0.0.1:{server.server_port}"]}]}
        config = {
            "global": {"scrape_interval": f"{SCRAPE}s", "scrape_timeout": f"{SCRAPE}s"},
            "scrape_configs": [job],
        }
        (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
        (port,) = free_ports(1)
        process = cluster.run(
            "prometheus-shop",
            cluster.program("prometheus"),
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
        )
        process.ready(f"http://127.0.0.1:{port}/-/ready")
        yield f"http://127.0.0.1:{port}"
        server.shutdown()
