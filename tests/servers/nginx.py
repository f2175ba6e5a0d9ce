"""nginx on loopback, configured as F5 NGINX Ingress Controller documents that it does for an Ingress.

Its annotations and its own ConfigMap become the directives that its documentation names for them. The controller
itself is not here: this proves what the directives do, not that the controller writes them.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.ports import free_ports

Object = dict[str, Any]

_SERVER = """
  server {{
    listen 127.0.0.1:{http};
    listen 127.0.0.1:{https} ssl;
    server_name {host};
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    server_tokens {server-tokens};
    {hidden}
    if ($scheme = http) {{ return 301 https://$host$request_uri; }}
    {snippets}
    location / {{
      proxy_http_version 1.1;
      proxy_set_header Host $host;
      proxy_connect_timeout {proxy-connect-timeout};
      proxy_send_timeout {proxy-send-timeout};
      proxy_read_timeout {proxy-read-timeout};
      client_max_body_size {client-max-body-size};
      proxy_next_upstream {proxy-next-upstream};
      proxy_next_upstream_timeout {proxy-next-upstream-timeout};
      proxy_next_upstream_tries {proxy-next-upstream-tries};
      {headers}
      proxy_pass http://gateway;
      limit_req zone=requests burst={limit-req-burst} nodelay;
      limit_req_status {limit-req-reject-code};
    }}
  }}
"""
_MAIN = """
daemon off;
{user}
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  ssl_protocols {protocols};
  {snippets}
  limit_req_zone {key} zone=requests:{limit-req-zone-size} rate={limit-req-rate};
  upstream gateway {{
    zone gateway {upstream-zone-size};
    {upstreams}
  }}
  {servers}
}}
"""


@dataclass(frozen=True)
class Edge:
    """Where the running nginx listens."""

    http: int
    https: int
    config: str


def header_lines(annotation: str) -> list[str]:
    """What nginx.org/add-header becomes: entries split at commas, each of them at its first two colons."""
    lines = []
    for entry in filter(None, (part.strip() for part in annotation.split(","))):
        name, value, *rest = (part.strip() for part in entry.split(":", 2))
        assert rest in ([], ["always"]), f"a value with a colon would be cut: {entry}"
        assert not set('$"\\\n') & set(value), f"the controller refuses this value: {value}"
        lines.append(f'add_header {name} "{value}"{" always" if rest else ""};')
    return lines


def configuration(
    ingress: Object, settings: Mapping[str, str], upstreams: Sequence[int], folder: Path, edge: tuple[int, int]
) -> str:
    """The whole nginx.conf for one Ingress and the keys of the controller's ConfigMap."""
    values = {
        name.removeprefix("nginx.org/"): value
        for name, value in ingress["metadata"]["annotations"].items()
        if name.startswith("nginx.org/")
    }
    assert values["ssl-redirect"] == "true"
    assert values["limit-req-no-delay"] == "true"
    values["server-tokens"] = {"true": "on", "false": "off"}[values["server-tokens"]]
    limits = "max_fails={max-fails} fail_timeout={fail-timeout} max_conns={max-conns}".format(**values)
    servers = [
        _SERVER.format(
            **values,
            http=edge[0],
            https=edge[1],
            host=rule["host"],
            certificate=folder / "tls.crt",
            key=folder / "tls.key",
            hidden=" ".join(f"proxy_hide_header {name.strip()};" for name in values["proxy-hide-headers"].split(",")),
            snippets=settings["server-snippets"],
            headers="\n      ".join(header_lines(values["add-header"])),
        )
        for rule in ingress["spec"]["rules"]
    ]
    return _MAIN.format(
        **values,
        user="user root;" if os.geteuid() == 0 else "",
        folder=folder,
        protocols=settings["ssl-protocols"],
        snippets=settings["http-snippets"],
        key=values["limit-req-key"].replace("{", "").replace("}", ""),
        upstreams="\n    ".join(f"server 127.0.0.1:{port} {limits};" for port in upstreams),
        servers="".join(servers),
    )


@contextmanager
def running(ingress: Object, settings: Mapping[str, str], upstreams: Sequence[int], folder: Path) -> Iterator[Edge]:
    """nginx for one Ingress, after it accepted its configuration; stopped by its own id."""
    http, https = free_ports(2)
    _certificate(folder, [rule["host"] for rule in ingress["spec"]["rules"]])
    text = configuration(ingress, settings, upstreams, folder, (http, https))
    (folder / "nginx.conf").write_text(text)
    command = ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    tested = subprocess.run([*command, "-t"], capture_output=True, text=True, timeout=60, check=False)
    assert tested.returncode == 0, tested.stderr
    assert "warn" not in tested.stderr
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        _wait(http)
        yield Edge(http, https, text)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _certificate(folder: Path, hosts: Sequence[str]) -> None:
    names = ",".join(f"DNS:{host}" for host in hosts)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", f"/CN={hosts[0]}",
         "-addext", f"subjectAltName={names}", "-keyout", folder / "tls.key", "-out", folder / "tls.crt"],
        capture_output=True, timeout=60, check=True,
    )  # fmt: skip


def _wait(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("nginx does not listen")
