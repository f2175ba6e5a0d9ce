"""Seal random values for every Secret of an environment, marked as a demonstration, for a given certificate.

`seal_demo.py ENVIRONMENT CERTIFICATE FOLDER` writes FOLDER/<secret>.yaml for each Secret that
components/secrets-sealed/secrets.yaml lists, and for the TLS Secret of the environment's hosts.
Plain values stay in memory; kubeseal ($KUBESEAL, else on PATH) binds each to its namespace and name.
"""

from __future__ import annotations

import base64
import json
import os
import re
import secrets
import string
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "components" / "secrets-sealed" / "secrets.yaml"
TLS = "mediq-tls-secret"
DEMO = "mediq.io/demo"
NOTE = "# Random values, sealed for a key that nobody has. Replace this file: components/secrets-sealed/README.md.\n"
_ALPHABET = string.ascii_letters + string.digits
_FIELD = re.compile(r"\{(\w+)\}")

Values = dict[str, str]


def values(table: Mapping[str, str]) -> Values:
    """Random values for the keys of one Secret; a key may use those above it."""
    made: Values = {}
    for key, template in table.items():
        made[key] = _FIELD.sub(lambda field: made[field[1]] if field[1] != "random" else _random(), template)
    return made


def _random() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(32))


def certificate(hosts: Sequence[str]) -> Values:
    """A key and a self-signed certificate for these hosts; openssl writes the key into memory only."""
    names = ",".join(f"DNS:{host}" for host in hosts)
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "365", "-subj", f"/CN={hosts[0]}"]
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:  # noqa: S108
        key = Path(folder) / "key.pem"
        pem = _run([*command, "-addext", f"subjectAltName={names}", "-keyout", str(key)])
        return {"tls.crt": pem, "tls.key": key.read_text(encoding="ascii")}


def sealed(name: str, namespace: str, kind: str, plain: Values, certificate_file: Path) -> str:
    """The SealedSecret, as YAML, that only the owner of the certificate's key can open."""
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": kind,
        "metadata": {"name": name, "namespace": namespace},
        "data": {key: base64.b64encode(value.encode()).decode() for key, value in plain.items()},
    }
    kubeseal = os.environ.get("KUBESEAL", "kubeseal")
    answer = _run([kubeseal, "--cert", str(certificate_file), "--format", "json"], json.dumps(secret))
    found = json.loads(answer)
    document = {
        "apiVersion": found["apiVersion"],
        "kind": found["kind"],
        "metadata": {"name": name, "namespace": namespace, "annotations": {DEMO: "true"}},
        "spec": {
            "encryptedData": dict(sorted(found["spec"]["encryptedData"].items())),
            "template": {"metadata": {"name": name, "namespace": namespace}, "type": kind},
        },
    }
    return NOTE + yaml.safe_dump(document, sort_keys=False, width=10_000)


def _run(command: Sequence[str], given: str = "") -> str:
    done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        raise SystemExit(f"{command[0]} failed: {done.stderr.strip()}")
    return done.stdout


def hosts(environment: str) -> list[str]:
    """The names that the environment's certificate must carry."""
    settings = yaml.safe_load((ROOT / "overlays" / environment / "hosts.yaml").read_text(encoding="utf-8"))
    return list(settings["data"].values())


def main(arguments: Sequence[str]) -> int:
    """Seal everything; returns 2 when called wrongly."""
    if len(arguments) != 3:  # noqa: PLR2004
        print(__doc__, file=sys.stderr)
        return 2
    environment, certificate_file, folder = arguments[0], Path(arguments[1]), Path(arguments[2])
    folder.mkdir(parents=True, exist_ok=True)
    table = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    plain = {name: ("Opaque", values(keys)) for name, keys in table.items()}
    plain[TLS] = ("kubernetes.io/tls", certificate(hosts(environment)))
    for name, (kind, made) in plain.items():
        text = sealed(name, f"mediq-{environment}", kind, made, certificate_file)
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
