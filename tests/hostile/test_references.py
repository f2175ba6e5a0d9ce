"""Bases, files and plugins that kustomize would fetch, run or read elsewhere: refused with file and line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from tests.hostile.harness import Hostile, with_repository_outside
from tests.integration.tiny import CONFIG

STAGING, PRODUCTION = "overlays/staging/kustomization.yaml", "overlays/production/kustomization.yaml"
IMAGES = 'images: [{name: shop/web, newTag: "1.0"}, {name: shop/cart, newTag: "1.0"}]\n'
START = "resources: [../../base]\n" + IMAGES
COMMANDS = ("check", "plan staging production", "diff", "bump staging web=1.2 --dry-run", "merge 1", "verify HEAD")
REMOTE, OUTSIDE, HELM = "is a remote reference", "leads out of the repository", "promote renders no Helm charts"


@dataclass(frozen=True)
class Case:
    """What a pull request adds to the end of both overlays, or other files, and what is said of it.

    `{run}` is a Git option that creates the marker, `{url}` and `{port}` lead to the watching server, `{outside}` is
    a folder of the user and `{other}` a repository of the user.
    """

    name: str
    overlay: str
    says: str
    line: int = 3
    at: str = "kustomization.yaml"
    files: Mapping[str, str] = field(default_factory=dict)


PLUGIN = "apiVersion: {api}\nkind: {kind}\nmetadata:\n  name: x\n{rest}"
EXEC = "  annotations:\n    config.kubernetes.io/function: |\n      {exec: {path: {outside}/run.sh}}\n"
CASES = [
    Case("ref-in-resources", 'components: ["git::file:///x?ref={run}"]\n', REMOTE),
    Case("ref-in-base", START.replace("../../base", '../../base, "git::file://{other}?ref={run}"'), REMOTE, 1),
    Case("ref-two-layers-down", "components: [../../one]\n", REMOTE, 3, "two/kustomization.yaml",
         {"one/kustomization.yaml": "kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\n"
          "components: [../two]\n",
          "two/kustomization.yaml": "kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\n"
          'resources: ["ssh://x/y/z?ref={run}"]\n'}),
    Case("http-base", "bases: ['{url}/org/repo']\n", REMOTE),
    Case("http-file", "crds: ['{url}/crd.yaml']\n", REMOTE),
    Case("http-without-slashes", "configurations: ['HTTP:127.0.0.1:{port}/x']\n", REMOTE),
    Case("http-patch", "patches: [{patch: '[]', path: '{url}/p.yaml'}]\n", REMOTE),
    Case("http-replacement", "replacements: [{path: '{url}/r.yaml'}]\n", REMOTE),
    Case("http-openapi", "openapi: {path: '{url}/o.json'}\n", REMOTE),
    Case("http-generator-file", "configMapGenerator: [{name: x, files: ['a={url}/x']}]\n", REMOTE),
    Case("other-case", "CRDS: ['{url}/x']\n", REMOTE),
    Case("scp", "components: ['git@127.0.0.1:org/repo']\n", REMOTE),
    Case("github", "components: ['g\u0130thub.com/org/repo']\n", REMOTE),
    Case("query", "components: ['../x?ref={run}']\n", REMOTE),
    Case("merged-key", "<<: {components: ['{url}/org/repo']}\n", REMOTE),
    Case("alias", "crds: &a ['{url}/x']\nconfigurations: *a\n", REMOTE),
    Case("base64", "crds: [!!binary aHR0cDovL3g=]\n", "in base64 could hide"),
    Case("file-scheme", "components: ['file://{other}']\n", REMOTE),
    Case("upwards", "components: [../../../../private]\n", OUTSIDE),
    Case("upwards-there", "components: [../../../outside]\n", OUTSIDE),
    Case("upwards-file", "configMapGenerator: [{name: x, envs: [../../../outside/secret.txt]}]\n", OUTSIDE),
    Case("absolute", "crds: ['{outside}/object.yaml']\n", OUTSIDE),
    Case("openapi-outside", "openapi: {path: ../../../outside/object.yaml}\n", OUTSIDE),
    # A checkout has a credential there, after `git clone` with one or the checkout of a runner.
    Case("own-git", "secretGenerator: [{name: x, files: [../../.git/config]}]\n", OUTSIDE),
    # Kustomize would build each as often as others refer to it: 2 to the power of 30 times.
    Case("many-times", "components: [../../k0]\n", "this builds more than 2,000 kustomizations", 1,
         files={f"k{number}/kustomization.yaml": "kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\n"
                f"components: [../k{number + 1}, ../k{number + 1}/.]\n" for number in range(30)}
         | {"k30/kustomization.yaml": "kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\n"}),
    Case("helm", "helmCharts: [{name: x, repo: '{url}', version: '1'}]\n", HELM),
    Case("helm-globals", "helmGlobals: {chartHome: '{outside}'}\n", HELM),
    Case("helm-plugin", "generators: [g.yaml]\n", "does not run HelmChartInflationGenerator", 1, "/g.yaml",
         {"overlays/staging/g.yaml": PLUGIN.format(
             api="builtin", kind="HelmChartInflationGenerator", rest="repo: '{url}'\n")}),
    Case("exec-plugin", "generators: [g.yaml]\n", "Evil is not built into kustomize", 1, "/g.yaml",
         {"overlays/staging/g.yaml": PLUGIN.format(api="example.com/v1", kind="Evil", rest="")}),
    Case("function", "transformers: [f.yaml]\n", "is not built into kustomize", 1, "/f.yaml",
         {"overlays/staging/f.yaml": PLUGIN.format(api="example.com/v1", kind="Fn", rest=EXEC)}),
    Case("function-that-says-builtin", "validators: [f.yaml]\n", "is not built", 1, "/f.yaml",
         {"overlays/staging/f.yaml": PLUGIN.format(api="builtin", kind="PatchTransformer", rest=EXEC)}),
    Case("plugin-inline", "transformers:\n- |\n  apiVersion: builtin\n  kind: PatchTransformer\n"
         "  metadata: {name: x}\n  path: {url}/p\n", REMOTE, 8),
    Case("plugin-in-a-list", "transformers: [l.yaml]\n", REMOTE, 6, "/l.yaml",
         {"overlays/staging/l.yaml": "apiVersion: v1\nkind: List\nitems:\n- apiVersion: builtin\n"
          "  kind: PatchTransformer\n  path: '{url}/p'\n  metadata: {name: x}\n"}),
    Case("plugins-that-change", "transformers: [../../t]\n", "may only list resources", 2, "t/kustomization.yaml",
         {"t/kustomization.yaml": "resources: [p.yaml]\nnamePrefix: x\n",
          "t/p.yaml": PLUGIN.format(api="builtin", kind="PatchTransformer", rest="")}),
    Case("unreadable", "crds: [\n", "this is not YAML", 4),
]  # fmt: skip
QUICK = {"ref-in-resources": "merge 1", "ref-two-layers-down": "check", "http-base": "plan staging production",
         "upwards-there": "merge 1", "function": "bump staging web=1.2 --dry-run", "other-case": "diff",
         "own-git": "diff", "many-times": "check", "file-scheme": "verify HEAD"}  # fmt: skip


def filled(text: str, given: Mapping[str, object]) -> str:
    """`text` with what is `given` in the place of the names in braces."""
    for name, value in given.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text


def every() -> list[object]:
    """Each case with each command; those of QUICK are quick."""
    return [
        pytest.param(case, command, id=f"{case.name}-{command.partition(' ')[0]}",
                     marks=[] if QUICK.get(case.name) == command else pytest.mark.thorough)
        for case in CASES for command in COMMANDS
    ]  # fmt: skip


@pytest.mark.parametrize(("case", "command"), every())
def test_a_reference_that_leads_out_is_refused(hostile: Hostile, case: Case, command: str) -> None:
    given = {
        "run": f"--upload-pack=touch${{IFS}}{hostile.marker}",
        "url": hostile.watcher.url,
        "port": hostile.watcher.port,
        "outside": hostile.outside,
        "other": with_repository_outside(hostile.folder),
    }
    added = filled(case.overlay, given)
    overlay = added if "images:" in added else START + added
    files = {STAGING: overlay, PRODUCTION: overlay.replace("1.0", "0.9")}
    for name, text in case.files.items():
        files[name] = files[name.replace("staging", "production")] = filled(text, given)
    if command.startswith("merge"):
        hostile.pull(files)
    else:
        hostile.commit(files)
    expected = [case.says, f"{case.at}:{case.line}: "]
    # What no version can be read from moves more than versions.
    code = 3 if (case.name, command) == ("unreadable", "verify HEAD") else 2
    hostile.runs(*command.split(), code=code, says=expected)


@pytest.mark.quick
def test_a_pull_request_does_not_choose_what_is_rendered_how(hostile: Hostile) -> None:
    """An environment that may go unrendered is tried first, but also by the settings of the commit before it."""
    hostile.git("checkout", "--quiet", "-b", "hostile")
    remote = f"127.0.0.1:{hostile.watcher.port}/organization/library"
    settings = CONFIG.replace("overlays/production}", "overlays/production, unrendered: warn}")
    base = f"resources: ['https://{remote}//x?ref={'0' * 40}']\n"
    hostile.commit({"promote.yaml": f"{settings}remotes: ['{remote}']\n", PRODUCTION: base + IMAGES}, push=False)
    hostile.runs("check", "--base", "origin/main", code=4, says=["CLOSED policy", REMOTE])
