"""A package index in a folder, and the packages in it: each as small as pip accepts."""

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from importlib.metadata import distribution
from pathlib import Path

WHEEL = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


class Index:
    """A folder that pip reads as an index (PEP 503), and the hashes of the files in it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._hashes: dict[str, str] = {}

    @property
    def settings(self) -> dict[str, str]:
        """The environment in which pip knows this index and no other, and remembers nothing."""
        return {
            "PIP_CONFIG_FILE": "/dev/null",
            "PIP_FIND_LINKS": "",
            "PIP_INDEX_URL": self._folder.as_uri(),
            "PIP_NO_CACHE_DIR": "1",
        }

    def add(
        self,
        name: str,
        version: str = "1.0",
        *,
        needs: Sequence[str] = (),
        extras: Sequence[str] = (),
        files: Mapping[str, str] | None = None,
    ) -> None:
        """Add a wheel that says what it needs."""
        module = name.replace("-", "_")
        info = f"{module}-{version}.dist-info"
        lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
        lines += [f"Provides-Extra: {extra}" for extra in extras]
        lines += [f"Requires-Dist: {need}" for need in needs]
        contents = {f"{module}/__init__.py": "", **(files or {}), f"{info}/METADATA": "\n".join(lines) + "\n"}
        self._store(name, version, f"{module}-{version}-py3-none-any.whl", wheel(info, contents))

    def add_source(self, name: str, version: str, setup: str) -> None:
        """Add a package that has to be built: by its setup.py."""
        content = io.BytesIO()
        with tarfile.open(fileobj=content, mode="w:gz") as archive:
            for file, text in {"PKG-INFO": f"Name: {name}\nVersion: {version}\n", "setup.py": setup}.items():
                member = tarfile.TarInfo(f"{name}-{version}/{file}")
                member.size = len(text)
                archive.addfile(member, io.BytesIO(text.encode()))
        self._store(name, version, f"{name}-{version}.tar.gz", content.getvalue())

    def add_running_pip(self) -> str:
        """Add the pip of the Python that runs this, and return its version."""
        pip = distribution("pip")
        names = [str(file) for file in pip.files or () if file.parts[0] != ".." and "__pycache__" not in file.parts]
        info = f"pip-{pip.version}.dist-info"
        own = {f"{info}/RECORD", f"{info}/INSTALLER", f"{info}/REQUESTED", f"{info}/WHEEL", f"{info}/direct_url.json"}
        contents = {name: Path(str(pip.locate_file(name))).read_bytes() for name in names if name not in own}
        self._store("pip", pip.version, f"pip-{pip.version}-py3-none-any.whl", wheel(info, contents))
        return pip.version

    def lock(self, *pins: str) -> str:
        """A lock of these versions, such as `name==1.0`."""
        return "".join(f"{pin} \\\n    --hash=sha256:{self._hashes[pin]}\n" for pin in pins)

    def _store(self, name: str, version: str, file: str, content: bytes) -> None:
        page = self._folder / name / "index.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        (page.parent / file).write_bytes(content)
        with page.open("a") as links:
            links.write(f'<a href="{file}">{file}</a>\n')
        self._hashes[f"{name}=={version}"] = hashlib.sha256(content).hexdigest()


def wheel(info: str, contents: Mapping[str, str | bytes]) -> bytes:
    """A wheel of these files and its own records."""
    archive = io.BytesIO()
    record = []
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in {**contents, f"{info}/WHEEL": WHEEL}.items():
            content = text.encode() if isinstance(text, str) else text
            packed.writestr(name, content)
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            record.append(f"{name},sha256={digest},{len(content)}")
        packed.writestr(f"{info}/RECORD", "\n".join([*record, f"{info}/RECORD,,", ""]))
    return archive.getvalue()


# Plays hatchling: an editable `promote` that needs what pyproject.toml says.
BACKEND = f"""
import tomllib, zipfile
from pathlib import Path

def build_editable(folder, config_settings=None, metadata_directory=None):
    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    needs = "".join(f"Requires-Dist: {{need}}\\n" for need in project["dependencies"])
    info, name = "gitops_promote-0.dist-info", "gitops_promote-0-py3-none-any.whl"
    with zipfile.ZipFile(Path(folder) / name, "w") as wheel:
        wheel.writestr(f"{{info}}/METADATA", f"Metadata-Version: 2.1\\nName: gitops-promote\\nVersion: 0\\n{{needs}}")
        wheel.writestr(f"{{info}}/WHEEL", {WHEEL!r})
        wheel.writestr(f"{{info}}/entry_points.txt", "[console_scripts]\\npromote = cover:run\\n")
        wheel.writestr(f"{{info}}/RECORD", "")
    return name
"""
