"""Environments in which `replacements` set an image: where its text is, and how it is copied, in all combinations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from promote.model import Version

OWN = "env/kustomization.yaml"
DIGEST, OTHER = "sha256:" + "0" * 64, "sha256:" + "9e" * 32
# How a text is copied: options of the source and of the target, the image of the container before, the text.
FORMS = {
    "whole": ("", "", "shop/api:v0", "shop/api:VERSION"),
    "whole of an image without a version": ("", "", "shop/api", "shop/api:VERSION"),
    "another name": ("", "", "placeholder", "shop/api:VERSION"),
    "tag": ("", "{delimiter: ':', index: 1}", "shop/api:v0", "VERSION"),
    "tag at the end": ("", "{delimiter: ':', index: 9}", "shop/api", "VERSION"),
    "tag after a port": ("", "{delimiter: ':', index: 2}", "host.example:5000/shop/api:v0", "VERSION"),
    "tag of a whole image": ("{delimiter: ':', index: 1}", "{delimiter: ':', index: 1}", "shop/api:v0",
                             "other/api:VERSION"),
    "tag in a list": ("{delimiter: ',', index: 1}", "{delimiter: ':', index: 1}", "shop/api:v0", "a,VERSION,v9"),
    "digest": ("", "{delimiter: '@', index: 1}", "shop/api", "DIGEST"),
    "digest after another": ("", "{delimiter: '@', index: 1}", f"shop/api@{OTHER}", "DIGEST"),
}  # fmt: skip
GENERATED = "configMapGenerator:\n- name: versions\n"
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: versions}\ndata:\n  LOG: v1 # é\n  API: VALUE # v1\n"
BY_CONFIG_MAP = "{kind: ConfigMap, name: versions, fieldPath: data.API"
# Where the text is: what the environment adds, other files, the source of the replacement, quotes around its place.
SOURCES: Mapping[str, tuple[str, Mapping[str, str], str]] = {
    "literal": (GENERATED + "  literals: [LOG=v1, 'API=RAW']\n", {}, BY_CONFIG_MAP),
    "quoted literal": (GENERATED + "  literals:\n  - LOG=v1\n  - API='RAW' # v1\n", {}, BY_CONFIG_MAP),
    "line": (GENERATED + "  envs: [v.env]\n", {"env/v.env": "# API=v1\nLOG=v1\nAPI=RAW\nAPI_2=v1\n"}, BY_CONFIG_MAP),
    "old line": (GENERATED + "  env: v.env\n", {"env/v.env": "API=RAW"}, BY_CONFIG_MAP),
    "file": (GENERATED + "  files: [API=api.txt]\n", {"env/api.txt": "RAW"}, BY_CONFIG_MAP),
    "file by its name": (
        GENERATED + "  files: [conf/API]\n", {"env/conf/API": "RAW"}, BY_CONFIG_MAP
    ),
    "merged": (
        GENERATED + "  behavior: merge\n  literals: ['API=RAW']\n",
        {"base/generated": GENERATED + "  literals: [API=shop/api:v5, LOG=v1]\n"}, BY_CONFIG_MAP,
    ),
    "generated in the base": ("", {"base/generated": GENERATED + "  literals: ['API=RAW']\n"}, BY_CONFIG_MAP),
    "with a prefix": (
        "namePrefix: eu-\nnameSuffix: -x\n" + GENERATED + "  literals: ['API=RAW']\n", {},
        BY_CONFIG_MAP.replace("name: versions", "name: eu-versions-x"),
    ),
    "resource": ("transformed: [v.yaml]\n", {"env/v.yaml": MAP}, BY_CONFIG_MAP),
    "resource in a list": (
        "transformed: [v.yaml]\n",
        {"env/v.yaml": "kind: List\nitems:\n- " + MAP.replace("\n", "\n  ").rstrip(" ")}, BY_CONFIG_MAP,
    ),
    "patched": (
        "transformed: [v.yaml]\npatches: [{path: p.yaml}]\n",
        {"env/v.yaml": MAP.replace("VALUE", "shop/api:v5"), "env/p.yaml": MAP}, BY_CONFIG_MAP,
    ),
    "patched inline": (
        "transformed: [v.yaml]\npatches:\n- target: {kind: ConfigMap}\n  patch: |-\n"
        "    - {op: add, path: /data/LOG, value: v8}\n    - op: add\n      path: /data/API\n      value: VALUE\n",
        {"env/v.yaml": MAP.replace("VALUE", "shop/api:v5")}, BY_CONFIG_MAP,
    ),
    "another object": (
        "transformed: [v.yaml]\n",
        {"env/v.yaml": "apiVersion: shop/v1\nkind: Shop\nmetadata:\n  name: shop\n  annotations:\n"
                       "    shop.example/api: VALUE\n"},
        "{kind: Shop, fieldPath: 'metadata.annotations.[shop.example/api]', name: shop",
    ),
    "value": ("", {}, "VALUE"),
}  # fmt: skip
TARGETS = {
    "by name": ("{kind: Deployment, name: api}", "spec.template.spec.containers.[name=^api$].image"),
    "by position": ("{name: api}", "spec.template.spec.containers.1.image"),
    "by pattern": ("{kind: Dep.*, name: 'a.i|x'}", "spec.template.spec.containers.[name=pi].image"),
    "all of an object": ("{kind: Job, group: batch}", "spec.template.spec.containers.*.image"),
}
JOB = (
    "apiVersion: batch/v1\nkind: Job\nmetadata: {name: api}\nspec:\n  template:\n    spec:\n      containers:\n"
    "      - {name: api, image: IMAGE}\n"
)
DEPLOYMENT = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: api}\nspec:\n  template:\n    spec:\n      containers:\n"
    "      - {name: log, image: 'shop/log:v1'}\n      - {name: api, image: IMAGE} # v1\n"
)
PLACES = ("inline", "file", "file with a list", "component")


@dataclass(frozen=True)
class Case:
    """One combination, by the names of its parts."""

    form: str = "whole"
    source: str = "literal"
    target: str = "by name"
    where: str = "inline"

    def files(self, version: Version, quote: str = '"') -> dict[str, bytes]:
        """The files of an environment and its base that say `version`."""
        of_source, of_target, image, text = FORMS[self.form]
        said = text.replace("VERSION", str(version)).replace("DIGEST", version.digest or "")
        more, others, source = SOURCES[self.source]
        is_value = source == "VALUE"
        options = f", options: {of_source}" if of_source else ""
        select, path = TARGETS[self.target]
        made = (
            ("sourceValue: VALUE" if is_value else f"source: {source}{options}}}")
            + f"\ntargets:\n- select: {select}\n  fieldPaths: ['{path}']\n"
            + (f"  options: {of_target}\n" if of_target else "")
        )
        # Only the environment may list `resources`.
        more, listed = more.replace("transformed: [v.yaml]\n", ""), ", v.yaml" if "transformed" in more else ""
        object_ = (JOB if "Job" in select else DEPLOYMENT).replace("IMAGE", f"'{image}'")
        files = {
            OWN: f"resources: [../base{listed}]\n{more}",
            "base/kustomization.yaml": "resources: [api.yaml]\n" + others.get("base/generated", ""),
            "base/api.yaml": object_,
            **{path: data for path, data in others.items() if path != "base/generated"},
        }
        filled = self._placed(files, made).items()
        return {
            path: one.replace("VALUE", quote + said + quote).replace("RAW", said).encode() for path, one in filled
        }

    def _placed(self, files: dict[str, str], made: str) -> dict[str, str]:
        """The files with the replacement where this case has it."""
        item = "- " + made.replace("\n", "\n  ").rstrip(" ")
        if self.where == "component":
            kind = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nreplacements:\n"
            return {**files, OWN: files[OWN] + "components: [../c]\n", "c/kustomization.yaml": kind + item}
        if self.where == "inline":
            return {**files, OWN: files[OWN] + "replacements:\n" + item}
        named = {**files, OWN: files[OWN] + "replacements: [{path: r.yaml}]\n"}
        return {**named, "env/r.yaml": item if "list" in self.where else made}

    @property
    def name(self) -> str:
        """What the image is called."""
        image = FORMS[self.form][2]
        return "shop/api" if "host" not in image else "host.example:5000/shop/api"

    def version(self, tag: str, digest: str | None) -> Version:
        """The version as far as this form has a place for it."""
        if "digest" in self.form:
            return Version(None, digest or DIGEST)
        is_inline = self.form.startswith(("whole", "another"))
        return Version(tag, digest if is_inline else None)

    @property
    def is_built(self) -> bool:
        """Whether kustomize copies this text: a component runs before the patches and the prefix of the environment.

        Of `sourceValue`, no part can be taken.
        """
        if self.source == "value":
            return not FORMS[self.form][0]
        return self.where != "component" or not self.source.startswith(("patched", "with a prefix"))
