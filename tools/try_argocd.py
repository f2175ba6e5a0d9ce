"""`make try`: the loop with Argo CD on this machine, to click through and to type commands at, until Ctrl-C.

The programs are built from Go modules, which lack the built web pages: without the folders that docs/e2e.md tells how
to build, Argo CD has its API and its command, and the pages of Gitea have no style.
"""

from __future__ import annotations

import shutil
import time
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable
from pathlib import Path

from tests.e2e.argocd.programs import NAMESPACE, PAGE, ArgoCD
from tests.e2e.cluster import TOOLS, Cluster, leave_on_signals, new_folder
from tests.e2e.gitea import OWNER, PASSWORD, GiteaHost
from tests.e2e.loop import Repository, publish
from tests.manifests.render import ENVIRONMENTS, REPOSITORY

# No controller gives the Ingress an address here; docs/sync-engines.md has this setting.
INGRESS = "resource.customizations.health.networking.k8s.io_Ingress"
CONFIGURATION = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "argocd-cm", "namespace": NAMESPACE}}
GUIDE = """
Everything runs on this machine, and only on 127.0.0.1. Pods are simulated.

  Gitea     {gitea}/{owner}/{name}   user {owner}, password {password}
  Argo CD   {argocd}/{page}   user admin, password {argocd_password}

In another terminal:

  cd {clone}
  export GITEA_TOKEN={token} KUBECONFIG={kubeconfig} PATH={bin}:{programs}:$PATH
  promote plan staging production
  promote staging production --wait --context e2e    # merge the pull request in Gitea, and watch the pods change
  promote status production --live --context e2e
  promote rollback production api-gateway --reason "I try it"
  kubectl get pods --namespace mediq-production

  argocd login {argocd_address} --plaintext --username admin --password {argocd_password}
  argocd app get mediq-production

Ctrl-C ends everything and deletes its folder.
"""


def main() -> int:
    """Install both environments, say where everything is, and wait."""
    given = _arguments()
    leave_on_signals()
    folder = new_folder()
    try:
        print("starting a control plane, Gitea and Argo CD …", flush=True)
        with Cluster(folder / "cluster") as cluster, GiteaHost(folder / "gitea", pages=given.gitea_pages) as host:
            repository = publish(cluster, host, folder / "repository", "mediq")
            with ArgoCD(cluster, pages=given.argocd_pages) as engine:
                engine.api.merge(CONFIGURATION, {"data": {INGRESS: 'return {status = "Healthy"}'}})
                engine.install(repository)
                print("waiting until Argo CD has installed both environments …", flush=True)
                for environment in ENVIRONMENTS:
                    engine.wait_for(environment, repository.tip(), seconds=900)
                print(_guide(cluster, repository, engine, pages=bool(given.argocd_pages)), flush=True)
                while True:
                    time.sleep(3600)
    except KeyboardInterrupt:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def _arguments() -> Namespace:
    parser = ArgumentParser(
        prog="python -m tools.try_argocd", description="start the loop with Argo CD on this machine"
    )
    parser.add_argument("--argocd-pages", type=_pages("index.html"), metavar="DIR", help="ui/dist/app, built")
    manifest = "assets/.vite/manifest.json"
    parser.add_argument("--gitea-pages", type=_pages(manifest), metavar="DIR", help="public, built")
    return parser.parse_args()


def _pages(needed: str) -> Callable[[str], Path]:
    """Takes a folder that a build of a front end has filled."""

    def folder(text: str) -> Path:
        found = Path(text).resolve()
        if not (found / needed).is_file():
            raise ArgumentTypeError(f"{text} has no {needed}: build the front end first")
        return found

    return folder


def _guide(cluster: Cluster, repository: Repository, engine: ArgoCD, *, pages: bool) -> str:
    return GUIDE.format(
        gitea=repository.host.url,
        owner=OWNER,
        name=repository.name,
        password=PASSWORD,
        argocd=engine.url,
        page=PAGE if pages else "",
        argocd_address=engine.url.removeprefix("http://"),
        argocd_password=engine.password,
        clone=repository.clone.root,
        token=repository.host.tokens[OWNER],
        kubeconfig=cluster.kubeconfig,
        bin=REPOSITORY / ".venv" / "bin",
        programs=TOOLS / "bin",
    )


if __name__ == "__main__":
    raise SystemExit(main())
