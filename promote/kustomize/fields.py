"""The fields of a kustomization, in kustomize's exact notation, and which of them name files.

https://kubectl.docs.kubernetes.io/references/kustomize/kustomization. Any other field, and any other notation, may
make kustomize read anything.
"""

from __future__ import annotations

from collections.abc import Mapping

# They name no file.
PLAIN = frozenset(
    "apiVersion kind metadata images imageTags replicas generatorOptions namePrefix nameSuffix namespace "  # noqa: SIM905
    "commonLabels labels commonAnnotations vars buildMetadata sortOptions".split()
)
# They list folders, or files.
FOLDERS, FILES = ("components", "bases"), ("configurations", "crds")
# They list files or texts, in which there may be a transformer, a generator or a validator.
PLUGINS = ("transformers", "generators", "validators")
# They list patches; kustomize applies one list after the other, in this order, which is not that of the file.
PATCHES = ("patchesStrategicMerge", "patches", "patchesJson6902")
# An entry of a generator: what names files, and the behaviors that change what another entry makes.
GENERATED_FROM = ("files", "envs", "env")
CHANGING = ("merge", "replace")
_OF_GENERATORS = frozenset({"name", "namespace", "behavior", "options", "literals", *GENERATED_FROM})
# For lists of mappings, and the one mapping `openapi`: all fields of an entry, and those that name files.
ENTRIES: Mapping[str, tuple[frozenset[str], tuple[str, ...]]] = {
    "patches": (frozenset({"path", "patch", "target", "options"}), ("path",)),
    "patchesJson6902": (frozenset({"path", "patch", "target", "options"}), ("path",)),
    "replacements": (frozenset({"path", "source", "sourceValue", "targets"}), ("path",)),
    "configMapGenerator": (_OF_GENERATORS, GENERATED_FROM),
    "secretGenerator": (_OF_GENERATORS | {"type"}, GENERATED_FROM),
    "openapi": (frozenset({"path", "version"}), ("path",)),
}
CHARTS = ("helmCharts", "helmGlobals", "helmChartInflationGenerator")
# Through these, versions may reach the objects in ways that are not followed.
NOT_FOLLOWED = ("replacements", "transformers", "generators", "vars", "helmCharts", "helmChartInflationGenerator")
KNOWN = PLAIN.union(FOLDERS, FILES, PLUGINS, ENTRIES, CHARTS, ("resources", "patchesStrategicMerge"))
