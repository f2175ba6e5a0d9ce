"""A shop with nothing of MediQ: two colours of its web server, and canaries by weight and by replicas."""

from __future__ import annotations

import json
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs

from tests.integration.sandbox import REPOSITORY, write_tiny

CONFIG = """\
environments:
  dev: {path: env/dev}
  live:
    path: env/live
    canary:
      prometheus: PROMETHEUS
      interval: 10s
      duration: 40s
      patience: 30s
      checks:
        - {name: errors, query: "error_ratio{workload=\\"$workload\\"}", above: 0.05}
kubernetes: ["1.36"]
schemas: [SCHEMAS]
"""
_PODS = """\
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  {replicas}selector: {{matchLabels: {{{labels}}}}}
  template:
    metadata: {{labels: {{{labels}}}}}
    spec: {{containers: [{{name: main, image: {image}}}]}}
"""
_SERVICE = """\
---
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec:
  selector: {{{labels}}}
  ports: [{{port: 80}}]
"""
_ROUTE = """\
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: shop}
spec:
  rules:
    - matches: [{path: {type: PathPrefix, value: /api}}]
      backendRefs:
        - {name: api, port: 80, weight: 100}  # stable
        - {name: api-canary, port: 80, weight: 0}
"""


def _pods(name: str, labels: str, image: str, replicas: str = "") -> str:
    return _PODS.format(name=name, labels=labels, image=image, replicas=replicas)


OVERLAY = """\
namespace: {name}
resources: [../../apps]
images:
- {{name: shop/web-blue, newName: shop/web, newTag: "7"}}
- {{name: shop/web-green, newName: shop/web, newTag: "6"}}
- {{name: shop/api, newTag: "1.0"}}
- {{name: shop/api-canary, newName: shop/api, newTag: "1.0"}}
- {{name: shop/mail, newTag: "1.0"}}
- {{name: shop/mail-canary, newName: shop/mail, newTag: "1.0"}}
replicas:
- {{name: mail-canary, count: 0}}   # promote canary changes it
patches:
- target: {{kind: Service, name: web}}
  patch: |-
    # Which colour customers see.
    - {{op: replace, path: /spec/selector/version, value: blue}}  # here
- path: route.yaml
"""
FILES = {
    "apps/kustomization.yaml": "resources: [web.yaml, api.yaml, mail.yaml]\n",
    "apps/web.yaml": _pods("web-blue", "app: web, version: blue", "shop/web-blue")
    + _pods("web-green", "app: web, version: green", "shop/web-green")
    + _SERVICE.format(name="web", labels="app: web, version: blue"),
    "apps/api.yaml": _pods("api", "app: api", "shop/api")
    + _pods("api-canary", "app: api-canary", "shop/api-canary")
    + _SERVICE.format(name="api", labels="app: api")
    + _SERVICE.format(name="api-canary", labels="app: api-canary")
    + _ROUTE,
    "apps/mail.yaml": _pods("mail", "app: mail, track: stable", "shop/mail", "replicas: 3\n  ")
    + _pods("mail-canary", "app: mail, track: canary", "shop/mail-canary", "replicas: 9\n  ")
    + _SERVICE.format(name="mail", labels="app: mail"),
} | {
    f"env/{name}/{file}": text
    for name in ("dev", "live")
    for file, text in {
        "kustomization.yaml": OVERLAY.format(name=name),
        "route.yaml": _ROUTE.removeprefix("---\n"),
    }.items()
}


def write_shop(folder: Path, prometheus: str) -> None:
    """The files of the shop, which asks this Prometheus."""
    write_tiny(folder)
    for name in ("base", "overlays"):
        shutil.rmtree(folder / name)
    config = CONFIG.replace("PROMETHEUS", prometheus).replace("SCHEMAS", f"{REPOSITORY}/.tools/schemas")
    for path, text in (FILES | {"promote.yaml": config}).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


class Prometheus(ThreadingHTTPServer):
    """Answers each query with `value`: a number, None for no series, "down" for no answer at all."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.value: float | str | None = 0.0
        self.queries: list[str] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Prometheus

    def do_POST(self) -> None:
        asked = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        assert self.path == "/api/v1/query"
        self.server.queries += asked["query"]
        value = self.server.value
        if value == "down":
            self._answer(503, {"status": "error", "error": "starting"})
        elif "error_ratio" not in asked["query"][0]:
            self._answer(400, {"status": "error", "error": "parse error"})
        else:
            found = [] if value is None else [{"metric": {}, "value": [1.0, str(value)]}]
            self._answer(200, {"status": "success", "data": {"resultType": "vector", "result": found}})

    def _answer(self, status: int, content: object) -> None:
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
