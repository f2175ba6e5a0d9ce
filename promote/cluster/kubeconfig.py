"""Where the API server is and how to log in: the kubeconfig, read by Kubernetes' own client."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from promote.errors import ClusterError, ConfigError, nearest
from promote.yamltext import reader

if TYPE_CHECKING:
    from kubernetes.client.configuration import Configuration

_DEFAULT = "~/.kube/config"
_IN_A_POD = "KUBERNETES_SERVICE_HOST"


def load(kubeconfig: str | None, context: str | None) -> tuple[Configuration, str]:
    """The connection that a kubeconfig describes, and the name of its context.

    The file is `kubeconfig`, else what the variable KUBECONFIG names, else ~/.kube/config; in a pod without any of
    them, the pod's own account. Raises ClusterError, whose text has nothing of a credential.
    """
    # Imported here: it loads much, and only commands that ask a cluster need it.
    from kubernetes.client.configuration import Configuration

    configuration = Configuration()
    given = kubeconfig or os.environ.get("KUBECONFIG", "")
    files = given or _DEFAULT
    there = [path for path in files.split(os.pathsep) if path and Path(path).expanduser().is_file()]
    if there:
        return configuration, _from_files(configuration, os.pathsep.join(there), context)
    if not given and not context and os.environ.get(_IN_A_POD):
        _from_pod(configuration)
        return configuration, "the account of this pod"
    raise ClusterError(
        f"there is no kubeconfig {files}: name one with --kubeconfig FILE or the variable KUBECONFIG, "
        "so that there is a cluster to ask"
    )


def _from_files(configuration: Configuration, files: str, context: str | None) -> str:
    from kubernetes.config.kube_config import load_kube_config

    name = context or _current(files)
    known = _contexts(files)
    if name not in known:
        what = f"has no context '{name}'{nearest(name, known)}" if name else "has no current context"
        raise ClusterError(f"the kubeconfig {files} {what}: name one with --context NAME")
    problem = ""
    with _logged() as said:
        try:
            load_kube_config(files, name, configuration, persist_config=False)
        except Exception as error:
            # Only its type: the text may have the whole entry of a user, with the token.
            problem = type(error).__name__
    if problem:
        raise ClusterError(
            f"the context '{name}' of the kubeconfig {files} is not valid ({problem}): "
            f"run `kubectl --context {name} version`, which says more"
        )
    if said:
        raise ClusterError(
            f"the program that logs in to the context '{name}' of the kubeconfig {files} failed: "
            f"run `kubectl --context {name} version`, which shows why"
        )
    return name


def _from_pod(configuration: Configuration) -> None:
    from kubernetes.config import ConfigException
    from kubernetes.config.incluster_config import load_incluster_config

    try:
        load_incluster_config(configuration)
    except (ConfigException, OSError):
        problem = True
    else:
        problem = False
    if problem:
        raise ClusterError(
            "this pod has no account for the API server: mount one (automountServiceAccountToken), "
            "or name a kubeconfig with --kubeconfig FILE"
        )


def _contexts(files: str) -> list[str]:
    entries = [entry for content in _contents(files) for entry in content.get("contexts") or ()]
    return [str(entry["name"]) for entry in entries if isinstance(entry, dict) and "name" in entry]


def _current(files: str) -> str:
    # Like Kubernetes' Python client, and unlike kubectl, the last file counts.
    return next((str(found) for one in reversed(_contents(files)) if (found := one.get("current-context"))), "")


def _contents(files: str) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    for path in files.split(os.pathsep):
        try:
            _, content = reader.document(Path(path).expanduser().read_bytes(), path)
        except (OSError, ConfigError):
            # The reason is left out: it may contain a part of the line with the token.
            content = None
        if not isinstance(content, dict):
            raise ClusterError(
                f"the kubeconfig {path} cannot be read or is not YAML: correct it, or name another one"
            )
        found.append(content)
    return found


@contextmanager
def _logged() -> Iterator[list[str]]:
    """What the client logs meanwhile: it reports a program that fails to log in, and then goes on without."""
    said: list[str] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage())

    root, handler = logging.getLogger(), Handler(logging.ERROR)
    root.addHandler(handler)
    try:
        yield said
    finally:
        root.removeHandler(handler)
