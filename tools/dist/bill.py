"""The software bill of materials of a wheel, as CycloneDX: what it contains, and what is installed along with it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime

from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from tools.dist.contents import Contents, Module

# A name for the identifiers below; any that nobody else uses.
_OURS = uuid.UUID("7c6f3a52-5b0e-4c55-9a39-0f4f2c7f6a10")


def bill(
    wheel: str, version: str, when: datetime, programs: Iterable[Contents], packages: Mapping[str, str]
) -> str:
    """The bill of the wheel's file name `wheel`, the same bytes for the same contents."""
    whole = _python("gitops-promote", version, ComponentType.APPLICATION)
    bom = Bom(serial_number=uuid.uuid5(_OURS, wheel))
    bom.metadata.timestamp = when
    bom.metadata.component = whole
    known = {module: _module(module) for one in programs for module in one.modules}
    compilers = {one.compiler: _compiler(one.compiler) for one in programs}
    needed = [_python(name, number) for name, number in packages.items()]
    for component in (*known.values(), *compilers.values(), *needed):
        bom.components.add(component)
    bom.register_dependency(whole, [*(known[one.main] for one in programs), *needed])
    for one in programs:
        rest = [known[module] for module in one.modules if module != one.main]
        bom.register_dependency(known[one.main], [*rest, compilers[one.compiler]])
    return JsonV1Dot6(bom).output_as_string(indent=2) + "\n"


def _python(name: str, version: str, kind: ComponentType = ComponentType.LIBRARY) -> Component:
    url = PackageURL("pypi", None, name, version)
    return Component(name=name, version=version, type=kind, purl=url, bom_ref=str(url))


def _module(module: Module) -> Component:
    namespace, _, name = module.path.rpartition("/")
    url = PackageURL("golang", namespace or None, name, module.version)
    return Component(name=module.path, version=module.version, purl=url, bom_ref=str(url))


def _compiler(text: str) -> Component:
    version = text.removeprefix("go")
    url = PackageURL("golang", None, "stdlib", version)
    return Component(name="stdlib", version=version, purl=url, bom_ref=str(url))
