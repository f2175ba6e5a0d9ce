"""What cert-manager would make of the certificates of components/internal-tls: files that openssl signs."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.servers.servers import run

_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


def authority(folder: Path) -> Path:
    """A new root: ca.crt and ca.key in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    subject = ("-subj", "/CN=mediq-internal", "-days", "2")
    run("openssl", "req", "-x509", *_KEY, *subject, "-keyout", folder / "ca.key", "-out", folder / "ca.crt")
    return folder


def issue(root: Path, folder: Path, name: str) -> Path:
    """A certificate of that root for loopback, in the files of a mounted Secret; each replaces one at once."""
    folder.mkdir(parents=True, exist_ok=True)
    extensions = folder / "extensions"
    names = f"subjectAltName=DNS:{name},DNS:localhost,IP:127.0.0.1"
    extensions.write_text(f"{names}\nextendedKeyUsage=serverAuth,clientAuth\n", encoding="utf-8")
    request = ("-subj", f"/CN={name}", "-keyout", folder / "new.key", "-out", folder / "request")
    run("openssl", "req", *_KEY, *request)
    signed = ("-CA", root / "ca.crt", "-CAkey", root / "ca.key", "-CAcreateserial", "-days", "2")
    run("openssl", "x509", "-req", "-in", folder / "request", *signed, "-extfile", extensions, "-out", folder / "new")
    (folder / "new.key").replace(folder / "tls.key")
    (folder / "new").replace(folder / "tls.crt")
    if not (folder / "ca.crt").exists():
        shutil.copy(root / "ca.crt", folder / "ca.crt")
    return folder
