"""Argo CD on loopback: its cache, repo-server, application-controller and server, and what they report."""

from __future__ import annotations

import base64
import secrets
import shutil
from pathlib import Path
from typing import Any

from tests.e2e.api import Object
from tests.e2e.cluster import ATTEMPTS, TOOLS, Cluster
from tests.e2e.loop import Repository
from tests.e2e.process import PortTaken, Process, Programs, StartFailed, wait
from tests.ports import free_ports

NAMESPACE = "argocd"
TYPE = "argoproj.io/v1alpha1"
# As whom Argo CD writes fields.
MANAGER = "argocd-controller"
REPO_SERVER, CONTROLLER, SERVER, REDIS = "repo-server", "application-controller", "server", "redis"
NOTIFICATIONS = "notifications"
# What the address of the first page may say after a question mark: the page to go on to.
PAGE = "page.html"
LEAD_ON = '<script>history.replaceState(null, "", location.search.slice(1) || "/applications")</script>'
LISTENERS = (
    "redis",
    "repo",
    "repo-metrics",
    "controller-metrics",
    "server",
    "server-metrics",
    "notifications-metrics",
)
# Long enough for a first installation here. Whatever it ends is not tried again until there is another commit.
SYNC_TIMEOUT = 600
# Argo CD asks for the signature of a commit in any case. It may be missing, but the question must be answered.
VERIFY = '#!/bin/sh\ngit verify-commit "$1" 2>&1 || true\n'


class ArgoCD(Programs):
    """The programs of Argo CD next to a running cluster. Use it in a `with` statement.

    `pages` is the folder `ui/dist/app` of Argo CD's front end, built; without it, the server has no page. The server
    takes its first page only from the program itself, so the one of the folder has the address /PAGE and leads on.
    """

    def __init__(self, cluster: Cluster, tools: Path = TOOLS, *, pages: Path | None = None):
        super().__init__()
        self._pages = pages
        self.folder = cluster.folder / "argocd"
        self.cluster = cluster
        self.api = cluster.api
        # What a forge signs its webhooks with.
        self.webhook_secret = secrets.token_urlsafe(16)
        self._tools = tools
        self._ports: dict[str, int] = {}

    @property
    def url(self) -> str:
        """The address of the server, which has the web page and takes webhooks."""
        return f"http://127.0.0.1:{self._ports['server']}"

    @property
    def password(self) -> str:
        """The password of the user `admin`, which the server makes when it starts first."""
        secret = self.api.find("v1", "Secret", "argocd-initial-admin-secret", NAMESPACE)
        return base64.b64decode(secret["data"]["password"]).decode() if secret else ""

    def install(self, repository: Repository) -> None:
        """Apply what delivery/argocd/kustomization.yaml says, and have the forge report pushes."""
        repository.host.add_webhook(repository.name, f"{self.url}/api/webhook", self.webhook_secret)
        for each in repository.delivery("argocd").objects:
            self.api.apply(each, manager="kubectl")

    def notify(self, repository: Repository, address: str) -> None:
        """Start the notifications controller, set as delivery/argocd/notifications says, for an address of alerts."""
        self.api.apply(
            _settings_object("Secret", "argocd-notifications-secret", {"alerts-url": address}), manager="kubectl"
        )
        for each in repository.delivery("argocd/notifications").objects:
            self.api.apply(each, manager="kubectl")
        self._run(
            NOTIFICATIONS,
            self.folder / "bin" / f"argocd-{NOTIFICATIONS}",
            f"--kubeconfig={self.cluster.kubeconfig}",
            f"--namespace={NAMESPACE}",
            f"--argocd-repo-server=127.0.0.1:{self._ports['repo']}",
            "--argocd-repo-server-plaintext",
            f"--metrics-port={self._ports['notifications-metrics']}",
        )

    def application(self, environment: str) -> Object:
        """The Application that delivers an environment."""
        found = self.api.find(TYPE, "Application", f"mediq-{environment}", NAMESPACE)
        assert found is not None
        return found

    def refresh(self, environment: str, kind: str = "normal") -> None:
        """Have an environment compared with Git now."""
        annotations = {"argocd.argoproj.io/refresh": kind}
        self.api.merge(self.application(environment), {"metadata": {"annotations": annotations}})
        wait(f"{environment} is compared", lambda: self._not_refreshed(environment), seconds=60)

    def _not_refreshed(self, environment: str) -> str | None:
        annotations = self.application(environment)["metadata"].get("annotations", {})
        return "not yet" if "argocd.argoproj.io/refresh" in annotations else None

    def wait_for(self, environment: str, commit: str, *, seconds: float = 120.0) -> None:
        """Wait until a sync of a commit has succeeded.

        This is what Argo CD says. Which images run is another question.
        """
        wait(
            f"Argo CD syncs {commit[:7]} to {environment}",
            lambda: state(self.application(environment), commit),
            seconds=seconds,
        )

    def operation(self, environment: str) -> Object:
        """What Argo CD does in an environment, or did last."""
        return dict(self.application(environment).get("status", {}).get("operationState", {}))

    def _start(self) -> None:
        for folder in ("bin", "tls", "ssh", "tmp"):
            (self.folder / folder).mkdir(parents=True)
        for name in (REPO_SERVER, CONTROLLER, SERVER, NOTIFICATIONS):
            (self.folder / "bin" / f"argocd-{name}").symlink_to(self._tools / "bin" / "argocd")
        (self.folder / "bin" / "kustomize").symlink_to(self._tools / "bin" / "kustomize")
        if self._pages is not None:
            pages = shutil.copytree(self._pages, self.folder / "pages")
            first = (pages / "index.html").read_text()
            (pages / PAGE).write_text(first.replace("<head>", f"<head>{LEAD_ON}", 1))
        verify = self.folder / "bin" / "git-verify-wrapper.sh"
        verify.write_text(VERIFY)
        verify.chmod(0o755)
        self.cluster.define("argoproj.io")
        for each in _settings(self.webhook_secret):
            self.api.apply(each, manager="kubectl")
        for attempt in range(ATTEMPTS):
            self._ports = dict(zip(LISTENERS, free_ports(len(LISTENERS)), strict=True))
            try:
                self._start_programs()
                break
            except PortTaken:
                self.stop()
                if attempt == ATTEMPTS - 1:
                    raise

    def _start_programs(self) -> None:
        ports = self._ports
        program = shutil.which("redis-server")
        if program is None:
            raise StartFailed("Argo CD needs Redis: install redis-server (on Debian, `make debian` does)")
        self._run(REDIS, program, "--port", str(ports["redis"]), "--bind", "127.0.0.1", "--save", "")
        common = (f"--redis=127.0.0.1:{ports['redis']}", "--loglevel=info", "--logformat=text")
        self._run(
            REPO_SERVER,
            self.folder / "bin" / f"argocd-{REPO_SERVER}",
            *common,
            "--address=127.0.0.1",
            f"--port={ports['repo']}",
            "--metrics-address=127.0.0.1",
            f"--metrics-port={ports['repo-metrics']}",
            "--disable-tls",
            "--client-ca-path=",
        )
        controlling = (
            *common,
            f"--kubeconfig={self.cluster.kubeconfig}",
            f"--namespace={NAMESPACE}",
            f"--repo-server=127.0.0.1:{ports['repo']}",
            "--repo-server-plaintext",
        )
        self._run(
            CONTROLLER,
            self.folder / "bin" / f"argocd-{CONTROLLER}",
            *controlling,
            f"--metrics-port={ports['controller-metrics']}",
            f"--sync-timeout={SYNC_TIMEOUT}",
        )
        self._run(
            SERVER,
            self.folder / "bin" / f"argocd-{SERVER}",
            *controlling,
            "--address=127.0.0.1",
            f"--port={ports['server']}",
            "--metrics-address=127.0.0.1",
            f"--metrics-port={ports['server-metrics']}",
            "--insecure",
            *([f"--staticassets={self.folder / 'pages'}"] if self._pages else []),
        )
        self._processes[REPO_SERVER].ready(f"http://127.0.0.1:{ports['repo-metrics']}/healthz")
        self._processes[CONTROLLER].ready(f"http://127.0.0.1:{ports['controller-metrics']}/healthz")
        self._processes[SERVER].ready(f"{self.url}/healthz")

    def _run(self, name: str, *command: str | Path) -> None:
        environment = {
            "ARGOCD_FAKE_IN_CLUSTER": "true",
            "ARGOCD_GPG_ENABLED": "false",
            # The default of two seconds gives controllers time to notice a wave; health must not depend on it.
            "ARGOCD_SYNC_WAVE_DELAY": "0",
            "ARGOCD_SSH_DATA_PATH": str(self.folder / "ssh"),
            "ARGOCD_TLS_DATA_PATH": str(self.folder / "tls"),
            "HOME": str(self.folder),
            "KUBECONFIG": str(self.cluster.kubeconfig),
            "PATH": f"{self.folder / 'bin'}:/usr/local/bin:/usr/bin:/bin",
            "TMPDIR": str(self.folder / "tmp"),
        }
        self._processes[name] = Process(self.folder / f"{name}.log", command, environment)


def state(application: Object, commit: str) -> str | None:
    """What keeps an Application from having synced a commit, or None."""
    status = application.get("status", {})
    operation = status.get("operationState", {})
    sync = status.get("sync", {})
    synced = operation.get("syncResult", {}).get("revision") == commit and operation.get("phase") == "Succeeded"
    if synced and (sync.get("status"), sync.get("revision")) == ("Synced", commit):
        return None
    conditions = [each["message"][:300] for each in status.get("conditions", [])]
    operated = f"{operation.get('phase')} {operation.get('message', '')[:300]}"
    return f"{sync.get('status')} {sync.get('revision', '')[:7]}, {operated} {conditions or ''}"


def _settings(webhook_secret: str) -> list[Object]:
    """The objects that an installation of Argo CD has besides its programs."""
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
        _settings_object("ConfigMap", "argocd-cm", {}),
        _settings_object("ConfigMap", "argocd-rbac-cm", {}),
        _settings_object("ConfigMap", "argocd-cmd-params-cm", {"controller.sync.timeout.seconds": str(SYNC_TIMEOUT)}),
        _settings_object(
            "Secret",
            "argocd-secret",
            {"server.secretkey": secrets.token_urlsafe(32), "webhook.gogs.secret": webhook_secret},
        ),
        _settings_object("Secret", "argocd-redis", {"auth": ""}),
    ]


def _settings_object(kind: str, name: str, content: dict[str, Any]) -> Object:
    labels = {"app.kubernetes.io/part-of": NAMESPACE}
    metadata = {"name": name, "namespace": NAMESPACE, "labels": labels}
    return {
        "apiVersion": "v1",
        "kind": kind,
        "metadata": metadata,
        "data" if kind == "ConfigMap" else "stringData": content,
    }
