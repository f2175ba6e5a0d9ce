"""Charts and files anywhere in the repository are allowed here: what leads further is refused before it is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from tests.hostile.harness import Hostile
from tests.hostile.test_references import COMMANDS, PRODUCTION, STAGING, START, filled
from tests.integration.tiny import CONFIG

pytestmark = pytest.mark.quick

SETTINGS = CONFIG + "kustomize: {helm: true, load_restrictor: none}\n"
OUTSIDE, DOCUMENT, REMOTE = "leads out of the repository", "is another document", "is a remote reference"
CHART = {
    "charts/x/Chart.yaml": "apiVersion: v2\nname: x\nversion: 1.0.0\n",
    "charts/x/values.yaml": "a: b\n",
    "charts/x/templates/x.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: chart}\n",
}
CHARTS = "helmGlobals: {chartHome: ../../charts}\nhelmCharts: [{name: x}]\n"


@dataclass(frozen=True)
class Case:
    """What a pull request adds to the end of both overlays, with files and links to what is outside.

    `at` is the file and line that are named.
    """

    name: str
    overlay: str
    says: str
    at: str = "kustomization.yaml:3"
    files: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)


def chart(entry: str) -> str:
    return f"helmCharts: [{{{entry}}}]\n"


CASES = [
    Case("pulled", chart("name: gone, repo: '{url}', version: '1'"), "promote pulls none"),
    Case("pulled-oci", chart("name: gone, repo: 'oci://127.0.0.1:{port}/x', version: '1'"), "promote pulls none"),
    Case("pulled-without-repository", chart("name: gone"), "promote pulls none"),
    Case("home-outside", "helmGlobals: {chartHome: ../../../outside}\nhelmCharts: [{name: x}]\n", OUTSIDE,
         "kustomization.yaml:4"),
    Case("home-absolute", "helmGlobals: {chartHome: '{outside}'}\nhelmCharts: [{name: x}]\n", OUTSIDE,
         "kustomization.yaml:4"),
    Case("values-outside", CHARTS.replace("name: x", "name: x, valuesFile: ../../../outside/object.yaml"), OUTSIDE,
         "kustomization.yaml:4"),
    Case("values-absolute", CHARTS.replace("name: x", "name: x, additionalValuesFiles: ['{outside}/object.yaml']"),
         OUTSIDE, "kustomization.yaml:4"),
    Case("values-fetched", CHARTS.replace("name: x", "name: x, valuesFile: '{url}/values.yaml'"), REMOTE,
         "kustomization.yaml:4"),
    Case("settings-of-helm", "helmGlobals: {configHome: ../../charts/x}\nhelmCharts: [{name: x}]\n", "configHome"),
    Case("option-as-name", CHARTS.replace("name: x", "name: x, releaseName: '--post-renderer={outside}/run.sh'"),
         "`releaseName` is not written", "kustomization.yaml:4"),
    Case("template-as-name", CHARTS.replace("name: x", "name: x, nameTemplate: '{{ env \"PATH\" }}'"),
         "this `nameTemplate`", "kustomization.yaml:4"),
    Case("other-program", "helmChartInflationGenerator: [{chartName: x, helmBin: '{outside}/run.sh'}]\n",
         "under `helmCharts`"),
    Case("other-notation", "HelmCharts: [{name: x, repo: '{url}'}]\n", "under `helmCharts`"),
    Case("linked-file", CHARTS, OUTSIDE, "charts/x/templates/l.yaml",
         links={"charts/x/templates/l.yaml": "object.yaml"}),
    Case("linked-folder", CHARTS, OUTSIDE, "charts/x/files", links={"charts/x/files": ""}),
    Case("linked-chart", CHARTS.replace("name: x", "name: out"), OUTSIDE, "charts/out",
         links={"charts/out": ""}),
    Case("schema-of-a-file", CHARTS, DOCUMENT, "charts/x/values.schema.json:1",
         {"charts/x/values.schema.json": '{"$ref": "file://{outside}/object.json"}'}),
    Case("schema-from-a-server", CHARTS, DOCUMENT, "charts/x/charts/y/values.schema.json:1",
         {"charts/x/charts/y/values.schema.json": '{"$ref": "{url}/x"}',
          "charts/x/charts/y/Chart.yaml": "apiVersion: v2\nname: y\nversion: 1.0.0\n"}),
    Case("archive", CHARTS, "unpack this chart", "charts/x/charts/y-1.0.0.tgz:1",
         {"charts/x/charts/y-1.0.0.tgz": "\x1f"}),
    Case("plugin", "generators: [g.yaml]\n", "under `helmCharts`", "/g.yaml:1",
         {"overlays/staging/g.yaml": "apiVersion: builtin\nkind: HelmChartInflationGenerator\nmetadata: {name: x}\n"
          "name: x\nrepo: '{url}'\n"}),
    # Without the restrictor of kustomize, nothing but promote keeps these inside.
    Case("file-outside", "crds: [../../../outside/object.yaml]\n", OUTSIDE),
    Case("patch-outside", "patches: [{path: ../../../outside/object.yaml}]\n", OUTSIDE),
    Case("generated-outside", "configMapGenerator: [{name: x, files: ['a=../../../outside/secret.txt']}]\n", OUTSIDE),
    Case("generated-absolute", "secretGenerator: [{name: x, files: ['{outside}/secret.txt']}]\n", OUTSIDE),
    Case("variables-outside", "configMapGenerator: [{name: x, envs: [../../../outside/secret.txt]}]\n", OUTSIDE),
    # Kustomize shortens `x/..` also after a line break, and takes what comes after `=` for the file.
    Case("generated-in-two-lines",
         'configMapGenerator: [{name: x, files: ["a=../x\\n/../../../outside/secret.txt"]}]\n', OUTSIDE),
    Case("generated-in-a-plugin", "generators: [g.yaml]\n", OUTSIDE, "/g.yaml:4",
         {"overlays/staging/g.yaml": "apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {name: x}\n"
          'files: ["a=../x\\n/../../../../outside/secret.txt"]\n'}),
    Case("fetched-in-two-lines", 'secretGenerator: [{name: x, files: ["a\\n={url}/x"]}]\n', REMOTE),
    Case("own-git", "configMapGenerator: [{name: x, files: [../../.git/config]}]\n", OUTSIDE),
    Case("linked-patch", "patches: [{path: ../p.yaml}]\n", OUTSIDE, links={"overlays/p.yaml": "object.yaml"}, at=""),
    Case("linked-resource", START.replace("../../base", "../../base, l.yaml"), OUTSIDE,
         "",
         links={"overlays/staging/l.yaml": "object.yaml", "overlays/production/l.yaml": "object.yaml"}),
]  # fmt: skip
QUICK = {"linked-file": "merge 1", "schema-of-a-file": "check", "option-as-name": "plan staging production",
         "generated-outside": "diff", "generated-in-two-lines": "diff", "own-git": "check",
         "linked-patch": "verify HEAD", "pulled": "bump staging web=1.2 --dry-run"}  # fmt: skip


def every() -> list[object]:
    """Each case with each command; those of QUICK are quick."""
    return [
        pytest.param(case, command, id=f"{case.name}-{command.partition(' ')[0]}",
                     marks=[] if QUICK.get(case.name) == command else pytest.mark.thorough)
        for case in CASES for command in COMMANDS
    ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("case", "command"), every())
def test_what_a_chart_or_a_path_leads_to_outside_is_refused(hostile: Hostile, case: Case, command: str) -> None:
    hostile.commit({"promote.yaml": SETTINGS})
    given = {"outside": hostile.outside, "url": hostile.watcher.url, "port": hostile.watcher.port}
    added = filled(case.overlay, given)
    overlay = added if "images:" in added else START + added
    files = CHART | {STAGING: overlay, PRODUCTION: overlay.replace("1.0", "0.9")}
    for name, text in case.files.items():
        files[name] = files[name.replace("staging", "production")] = filled(text, given)
    for name, target in case.links.items():
        link = hostile.root / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(hostile.outside / target)
    if command.startswith("merge"):
        hostile.pull(files)
    else:
        hostile.commit(files)
    hostile.runs(*command.split(), code=2, says=[case.says, case.at])


@pytest.mark.parametrize(
    ("template", "code"),
    [
        ('{{ .Files.Get "../../../outside/secret.txt" }}', 1),
        pytest.param('{{ (.Files.Glob "/**").AsConfig }}', 1, marks=pytest.mark.thorough),
        pytest.param('{{ getHostByName "localhost" }}', 1, marks=pytest.mark.thorough),
        pytest.param('{{ (lookup "v1" "Secret" "default" "x") | toJson }}', 1, marks=pytest.mark.thorough),
        pytest.param('{{ tpl "{{ env \\"GH_TOKEN\\" }}" . }}', 2, marks=pytest.mark.thorough),
    ],
    ids=["file", "files", "name", "cluster", "environment"],
)
def test_a_template_sees_nothing_but_its_chart(hostile: Hostile, template: str, code: int) -> None:
    hostile.commit({"promote.yaml": SETTINGS})
    text = CHART["charts/x/templates/x.yaml"] + f"data:\n  a: |\n    {template}\n"
    hostile.commit(CHART | {"charts/x/templates/x.yaml": text, STAGING: START + CHARTS})
    hostile.runs("diff", "staging", "--base", "HEAD~1", code=code)


@pytest.mark.slow
def test_helm_gets_no_token_and_no_home(hostile: Hostile) -> None:
    """The programs of the user's helm, its plugins and its kubeconfig are not looked for."""
    plugin = hostile.folder / "home/.local/share/helm/plugins/evil"
    plugin.mkdir(parents=True)
    (plugin / "plugin.yaml").write_text(f'name: evil\nversion: 1.0.0\ncommand: "touch {hostile.marker}"\n')
    hostile.commit({"promote.yaml": SETTINGS} | CHART | {STAGING: START + CHARTS})
    env = {
        "HELM_PLUGINS": str(plugin.parent),
        "HELM_DEBUG": "1",
        "KUBECONFIG": str(plugin / "plugin.yaml"),
    }
    hostile.runs("check", "staging", code=0, env=env)
