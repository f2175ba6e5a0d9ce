"""What pods and brokers of an environment would report of themselves: requests, and messages that wait.

No container runs, so nobody answers at the addresses of pods and Services. Programs of the cluster are started with
this as their proxy for plain HTTP: it answers in place of the pods whose metrics Prometheus scrapes and of RabbitMQ,
and forwards what is meant for an environment's Prometheus.
"""

from __future__ import annotations

import base64
import json
import re
import threading
import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import urlsplit

import urllib3

from tests.e2e.api import Api

GATEWAY_PORT = 8601
BROKER = re.compile(r"rabbitmq-service\.(?P<namespace>[\w-]+)\.svc:15672/api/queues/mediq/(?P<queue>\w+)")
PROMETHEUS = re.compile(r"prometheus-service\.(?P<namespace>[\w-]+)\.svc:9090(?P<path>/.*)")
POD = re.compile(r"[\d.]+:(?P<port>\d+)/metrics")
# Pods share the requests that arrive; one that was not scraped for so long is gone.
GONE = 8.0

Answer = tuple[int, str]


@dataclass
class Load:
    """How much an environment has to do, and what its pods have counted so far."""

    requests: float = 0.0
    queues: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    silent: bool = False
    _counted: dict[str, float] = field(default_factory=dict)
    _scraped: dict[str, float] = field(default_factory=dict)

    def count(self, pod: str) -> float:
        """How many requests a pod of the gateway has answered: at each scrape its share of those since the last."""
        now = time.monotonic()
        last = self._scraped.get(pod, now)
        self._scraped[pod] = now
        sharing = sum(now - each < GONE for each in self._scraped.values())
        self._counted[pod] = self._counted.get(pod, 0.0) + self.requests * (now - last) / sharing
        return self._counted[pod]


class Traffic:
    """The proxy: one listener for each environment, because addresses of pods do not name theirs."""

    def __init__(self, api: Api, namespaces: list[str]) -> None:
        self.loads = {each: Load() for each in namespaces}
        self.prometheus: dict[str, str] = {}
        self._api = api
        self._lock = threading.Lock()
        self._pool = urllib3.PoolManager(retries=False, timeout=5.0)
        self._servers = {each: self._listen(each) for each in namespaces}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for server in self._servers.values():
            server.shutdown()
            server.server_close()
        self._pool.clear()

    def url(self, namespace: str) -> str:
        """The proxy of an environment's programs."""
        return f"http://127.0.0.1:{self._servers[namespace].server_port}"

    def _listen(self, namespace: str) -> ThreadingHTTPServer:
        traffic = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                status, text = traffic.answer(namespace, self.path, self.headers.get("Authorization", ""))
                content = text.encode()
                self.send_response(status)
                self.send_header(
                    "Content-Type", "application/json" if text[:1] == "{" else "text/plain; version=0.0.4"
                )
                self.send_header("Content-Length", str(len(content)))
                # Whoever asked may have lost patience.
                with suppress(ConnectionError):
                    self.end_headers()
                    self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """The programs that ask have logs of their own."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server

    def answer(self, namespace: str, url: str, authorization: str) -> Answer:
        """What is at a URL, for a program of an environment."""
        parts = urlsplit(url)
        place = f"{parts.netloc.rpartition('@')[2]}{parts.path}"
        if match := BROKER.fullmatch(place):
            return self._queue(match["namespace"], match["queue"], authorization)
        if match := PROMETHEUS.fullmatch(place):
            return self._query(match["namespace"], f"{match['path']}?{parts.query}")
        if match := POD.fullmatch(place):
            return self._metrics(namespace, place, int(match["port"]))
        return 502, f"nobody is at {place}"

    def _metrics(self, namespace: str, pod: str, port: int) -> Answer:
        load = self.loads[namespace]
        if load.silent:
            return 503, "silent"
        if port != GATEWAY_PORT:
            return 200, ""
        with self._lock:
            counted = load.count(pod)
        labels = 'method="GET",route="/",status="200"'
        return 200, f"# TYPE http_requests_total counter\nhttp_requests_total{{{labels}}} {counted}\n"

    def _queue(self, namespace: str, queue: str, authorization: str) -> Answer:
        load = self.loads[namespace]
        if load.silent:
            return 503, "silent"
        secret = self._api.find("v1", "Secret", "rabbitmq-secrets", namespace)
        if secret is None or authorization != _basic(secret["data"]):
            return 401, '{"error": "not_authorized", "reason": "Login failed"}'
        ready = load.queues[queue]
        return 200, json.dumps(
            {"name": queue, "messages": ready, "messages_ready": ready, "messages_unacknowledged": 0}
        )

    def _query(self, namespace: str, path: str) -> Answer:
        server = self.prometheus.get(namespace)
        if server is None:
            return 502, "no Prometheus runs here"
        try:
            found = self._pool.request("GET", f"{server}{path}")
        except urllib3.exceptions.HTTPError as error:
            return 502, str(error)
        return found.status, found.data.decode()


def _basic(secret: dict[str, str]) -> str:
    """What the account of the services sends."""
    user, password = (base64.b64decode(secret[key]).decode() for key in ("RABBITMQ_USER", "RABBITMQ_PASSWORD"))
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
