"""What the API server refuses though the schemas of Kubernetes allow it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from promote.api import constraints
from promote.checks import schemas
from tests.integration.checking import Checked, Repository

POD = "/spec/template/spec/containers/0"
# By the path: what is refused there, each with words of the message, and what is accepted.
FORMS: dict[str, tuple[dict[Any, str], list[Any]]] = {
    "/spec/replicas": ({2**31: "maximum", -(2**31) - 1: "minimum", 5e9: "maximum"}, [2**31 - 1, 0]),
    "/metadata/labels/app": (
        {
            "a b": "this is not a valid label value",
            "-a": "this is not a valid label value",
            "é": "this is not a valid label value",
            "a" * 64: "maxLength",
        },
        ["", "a", "A-_.9", "a" * 63],
    ),
    f"{POD}/resources/limits/memory": (
        dict.fromkeys(["128 Mi", "1,5", "1.5.0", "Gi", "1GiB", "1mi", "", ".", "0x10"], "this is not a quantity"),
        ["128Mi", "1.5", "1.", ".5Gi", "1e3", "1E", "1E-3", "+1k", " 1Gi ", "500m", 5_000_000_000, 0.5],
    ),
    f"{POD}/livenessProbe/httpGet/port": ({2**31: "maximum"}, [80, "http"]),
    f"{POD}/ports/0/containerPort": ({0: "minimum", 65536: "maximum"}, [1, 65535]),
    f"{POD}/ports/0/name": (
        {
            "a-name-too-long1": "maxLength",
            "Http": "this is not a valid port name",
            "a--b": "this is not a valid port name",
            "80": "this is not a valid port name",
        },
        ["http", "a-name-as-long1", "8a"],
    ),
    f"{POD}/imagePullPolicy": ({"Allways": "value must be one of 'Always'"}, ["Always", "", None]),
    f"{POD}/ports/0/protocol": ({"HTTP": "value must be one of 'SCTP'"}, ["UDP", ""]),
    f"{POD}/resources/limits/cpu": (
        {-1: "minimum", "-0.5": "this quantity is neg", "-1m": "this quantity is neg"},
        [0, "-0", "0.1"],
    ),
    "/spec/template/spec/dnsPolicy": ({"Nonsense": "value must be one of"}, ["Default"]),
    "/spec/template/spec/restartPolicy": ({"Allways": "value must be one of"}, ["Always"]),
    "/spec/strategy/type": ({"Rolling": "value must be one of", "recreate": "value must be one of"}, ["Recreate"]),
    "/spec/strategy/rollingUpdate/maxSurge": (
        {"50": "this is neither a number nor a percentage", -1: "minimum", "-5%": "this is neither"},
        [1, "150%"],
    ),
    "/spec/strategy/rollingUpdate/maxUnavailable": ({"101%": "this is neither a number nor a"}, ["100%", "5%"]),
}
POD_SPEC = "/spec/template/spec"
# Fields, whole, with what is said of them; nothing where they are right.
WHOLE: list[tuple[str, Any, str]] = [
    ("/metadata/finalizers", ["example.com/hold", "orphan"], ""),
    ("/metadata/finalizers", ["hold"], "0: this is not a finalizer"),
    (f"{POD_SPEC}/tolerations", [{"key": "a", "operator": "Exist"}], "0/operator: value must be one of"),
    (f"{POD_SPEC}/tolerations", [{"effect": "NoExecute"}], "0: a toleration without key needs operator: Exists"),
    (f"{POD_SPEC}/tolerations", [{"operator": "Exists"}, {"key": "a", "value": "b"}], ""),
    *(
        (f"{POD_SPEC}/topologySpreadConstraints", [{"topologyKey": "a", "maxSkew": 1, **constraint}], said)
        for constraint, said in (
            ({"whenUnsatisfiable": "DoNotSCHEDULE"}, "0/whenUnsatisfiable: value must be one of"),
            ({"whenUnsatisfiable": "DoNotSchedule", "maxSkew": 0}, "0/maxSkew: minimum"),
            ({"whenUnsatisfiable": "DoNotSchedule", "minDomains": 0}, "0/minDomains: minimum"),
            ({"whenUnsatisfiable": "ScheduleAnyway", "minDomains": 1}, "0: minDomains needs"),
            ({"whenUnsatisfiable": "DoNotSchedule", "minDomains": 1}, ""),
        )
    ),
    (f"{POD_SPEC}/volumes", [{"name": "a", "emptyDir": {}, "secret": {"secretName": "a"}}], "0: a volume has one"),
    (f"{POD_SPEC}/volumes", [{"name": "a", "emptyDir": {}, "secret": None}, {"name": "b"}], ""),
    (f"{POD}/livenessProbe", {"exec": {"command": ["a"]}, "grpc": {"port": 1}}, "a probe needs exactly one"),
    (f"{POD}/livenessProbe", {"periodSeconds": 5}, "a probe needs exactly one"),
    (f"{POD}/livenessProbe", {"tcpSocket": {"port": 1}, "successThreshold": 2}, "/successThreshold: maximum"),
    (f"{POD}/livenessProbe", {"tcpSocket": {"port": 1}, "httpGet": None, "successThreshold": 1}, ""),
    (f"{POD}/readinessProbe", {"tcpSocket": {"port": 1}, "successThreshold": 2}, ""),
    (
        f"{POD}/env",
        [{"name": "A", "value": "a", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
        "0: a var",
    ),
    (f"{POD}/env", [{"name": "A", "valueFrom": {}}], "valueFrom needs exactly one source"),
    (f"{POD}/env", [{"name": "A", "value": "", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}], ""),
    (
        f"{POD_SPEC}/initContainers",
        [{"name": "b", "image": "b", "livenessProbe": {"exec": {"command": ["b"]}}}],
        "only",
    ),
    (f"{POD_SPEC}/initContainers", [{"name": "b", "image": "b", "restartPolicy": "Always", "lifecycle": {}}], ""),
]
_SCALED = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "a"}
_JOB = {"spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "a", "image": "a"}]}}}}
# Objects of other kinds: the spec or, for those without, other fields.
OBJECTS: list[tuple[str, str, dict[str, Any], str]] = [
    *(
        ("v1", "Service", {"spec": {"ports": [{"port": 80}], **spec}}, said)
        for spec, said in (
            ({"type": "NodePrt"}, "/spec/type: value must be one of"),
            ({"sessionAffinity": "Client"}, "/spec/sessionAffinity: value must be one of"),
            ({"externalTrafficPolicy": "Local"}, "/spec: externalTrafficPolicy needs type"),
            ({"type": "NodePort", "externalTrafficPolicy": "Localy"}, "/spec/externalTrafficPolicy: value must be"),
            ({"ports": [{"port": 80, "targetPort": 65536}]}, "/spec/ports/0/targetPort: maximum"),
            ({"ports": [{"port": 80, "targetPort": "a-name-too-long1"}]}, "/spec/ports/0/targetPort: maxLength"),
            ({"ports": []}, "/spec: a Service needs ports"),
            ({"ports": [], "clusterIP": "None"}, ""),
            ({"ports": [], "type": "ExternalName", "externalName": "a.example"}, ""),
            ({"type": "NodePort", "ports": [{"port": 80, "nodePort": 30000}]}, ""),
        )
    ),
    *(
        ("policy/v1", "PodDisruptionBudget", {"spec": {"selector": {}, **spec}}, said)
        for spec, said in (
            ({"minAvailable": 1, "maxUnavailable": 1}, "/spec: maxUnavailable and minAvailable exclude"),
            ({"minAvailable": "101%"}, "/spec/minAvailable: this is neither"),
            ({"minAvailable": "100%"}, ""),
        )
    ),
    *(
        ("v1", "PersistentVolumeClaim", {"spec": {"accessModes": ["ReadWriteOnce"], **spec}}, said)
        for spec, said in (
            ({}, "/spec: a claim requests"),
            ({"resources": {"requests": {"storage": "0"}}}, "/spec: a claim requests"),
            ({"resources": {"requests": {"storage": 1}}, "accessModes": ["RWO"]}, "/spec/accessModes/0: value"),
            ({"resources": {"requests": {"storage": 1}}, "volumeMode": "Blocks"}, "/spec/volumeMode: value must"),
            ({"resources": {"requests": {"storage": "1Gi"}}}, ""),
        )
    ),
    *(
        ("batch/v1", "CronJob", {"spec": {"schedule": schedule, "jobTemplate": _JOB}}, said)
        for schedules, said in (
            (("30 2 * * 1-5", "*/15 0,12 1-7 JAN-mar sun", " @daily ", "@every 1h30m", "0 0 ? * 0"), ""),
            (
                ("", "10", "60 * * * *", "0 24 * * *", "0 0 0 * *", "0 0 * 13 *", "0 0 * * 7", "*/0 * * * *",
                 "@dayly", "0 0 * * * *"),
                "/spec/schedule: this is not a schedule",
            ),
        )
        for schedule in schedules
    ),
    ("batch/v1", "CronJob", {"spec": {"schedule": "TZ=UTC 0 0 * * *", "jobTemplate": _JOB}}, "/spec/schedule: "),
    *(
        ("autoscaling/v2", "HorizontalPodAutoscaler", {"spec": {"maxReplicas": 5, **spec}}, said)
        for spec, said in (
            ({"scaleTargetRef": _SCALED}, ""),
            ({"scaleTargetRef": {"apiVersion": "v1", "kind": "ReplicationController", "name": "a"}}, ""),
            ({"scaleTargetRef": {"apiVersion": "apps", "kind": "Deployment", "name": "a"}}, "names no API group"),
            ({"scaleTargetRef": {"kind": "Deployment", "name": "a"}}, "/spec: scaleTargetRef needs apiVersion"),
            ({"scaleTargetRef": None}, "/spec: scaleTargetRef needs apiVersion"),
            ({"scaleTargetRef": _SCALED, "metrics": [None]}, "/spec/metrics/0"),
        )
    ),
    *(
        ("v1", "ResourceQuota", {"spec": {"hard": hard}}, said)
        for hard, said in (
            ({"pods": "10", "requests.cpu": "1500m", "count/jobs.batch": 5, "limits.nvidia.com/gpu": 1}, ""),
            ({"requests.cpu": None}, ""),
            ({"services.nodeports": "1.5"}, "this is not a whole number"),
            ({"memmory": "1Gi"}, "this is not the name of what a quota limits"),
        )
    ),
    ("v1", "Service", {}, "a Service needs a spec with ports"),
    *(
        ("networking.k8s.io/v1", "NetworkPolicy", {"spec": {"podSelector": {}, **spec}}, said)
        for spec, said in (
            ({"policyTypes": ["Egres"]}, "/spec/policyTypes/0: value must be one of"),
            ({"ingress": [{"from": [{}]}]}, "/spec/ingress/0/from/0: a peer needs"),
            ({"ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/33"}}]}]}, "/cidr: this is not a range"),
            ({"egress": [{"to": [{"podSelector": {}, "namespaceSelector": {}}]}]}, ""),
        )
    ),
    (
        "rbac.authorization.k8s.io/v1", "Role", {"rules": [{"apiGroups": [""], "resources": ["a"]}]},
        "/rules/0: missing property 'verbs'",
    ),
    ("rbac.authorization.k8s.io/v1", "Role", {"rules": [{"verbs": ["get"], "nonResourceURLs": ["/a"]}]}, "/: only a"),
    ("v1", "Secret", {"type": "kubernetes.io/tls", "data": {"tls.crt": "YQ=="}}, "/: a Secret of type"),
    ("v1", "Secret", {"type": "kubernetes.io/tls", "stringData": {"tls.crt": "a", "tls.key": "a"}}, ""),
]  # fmt: skip
SECRETS: tuple[dict[Any, str], list[Any]] = (
    dict.fromkeys(["open sesame", "YWJ", "YWJj=", "YQ=", "YW-_"], "this is not base64"),
    ["", "YWJj", "YWI=", "YQ==", "YW\nJj\r\n", "AAAA" * 1000],
)


def deployment(name: str, path: str, value: Any) -> dict[str, Any]:
    container: dict[str, Any] = {
        "name": "a",
        "image": "a",
        "ports": [{"containerPort": 80, "name": "web"}],
        "resources": {"limits": {}},
        "livenessProbe": {"httpGet": {"port": 80}},
    }
    made = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "a", "labels": {}},
        "spec": {
            "selector": {"matchLabels": {"a": "b"}},
            "strategy": {"rollingUpdate": {}},
            "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [container]}},
        },
    }
    *steps, last = path.strip("/").split("/")
    at: Any = made
    for step in steps:
        at = at[int(step)] if isinstance(at, list) else at[step]
    at[last] = value
    return made


@pytest.fixture(scope="module")
def cases() -> dict[str, tuple[dict[str, Any], str, str]]:
    """By name: an object, the path in question and what must be said of it, nothing where it is right."""
    found: dict[str, tuple[dict[str, Any], str, str]] = {}
    for path, (wrong, right) in FORMS.items():
        for value, said in [*wrong.items(), *((one, "") for one in right)]:
            name = f"n{len(found)}"
            found[name] = (deployment(name, path, value), path, said)
    for path, value, said in WHOLE:
        name = f"n{len(found)}"
        found[name] = (deployment(name, path, value), path.removesuffix("/0").rpartition("/")[0], said)
    for version, kind, content, said in OBJECTS:
        name = f"n{len(found)}"
        metadata = {"name": name, "namespace": "a"}
        found[name] = ({"apiVersion": version, "kind": kind, "metadata": metadata, **content}, "", said)
    for value, said in [*SECRETS[0].items(), *((one, "") for one in SECRETS[1])]:
        name = f"n{len(found)}"
        metadata = {"name": name, "namespace": "a"}
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": {"x": value}}
        found[name] = (secret, "/data/x", said)
    return found


@pytest.fixture(scope="module")
def checked(cases: dict[str, tuple[dict[str, Any], str, str]], tmp_path_factory: pytest.TempPathFactory) -> Checked:
    files = Repository.bare(tmp_path_factory.mktemp("forms") / "files")
    files.write("m/all.yaml", "".join(f"---\n{json.dumps(document)}\n" for document, _, _ in cases.values()))
    # Not with the rules of `system`, which compare all objects with each other: these select each other's pods.
    return files.check("m", profile="general")


def test_each_form_is_asked_where_the_api_server_asks_it(
    cases: dict[str, tuple[dict[str, Any], str, str]], checked: Checked
) -> None:
    said = {
        one["resource"]["name"]: one["message"]
        for one in checked.json["findings"] if one["rule"] == "schema.invalid"
    }  # fmt: skip
    expected = {name: (path, words) for name, (_, path, words) in cases.items() if words}
    assert said.keys() == expected.keys()
    unsaid = {
        name: (path, words, said[name])
        for name, (path, words) in expected.items()
        if path not in said[name] or words not in said[name]
    }
    assert unsaid == {}


def test_no_value_of_a_secret_is_repeated(checked: Checked) -> None:
    assert "sesame" not in json.dumps(checked.json)


@pytest.mark.quick
def test_the_schemas_have_what_is_asked_of_their_parts() -> None:
    """A definition that Kubernetes renames would lose it without a word."""
    for version in ("1.35", "1.36", "1.37"):
        known = schemas._definitions(version)
        asked = constraints.FIELDS
        assert constraints.DEFINITIONS.keys() | asked.keys() | constraints.CONFLICTS.keys() <= known.keys()
        assert all(fields.keys() <= known[name]["properties"].keys() for name, fields in asked.items())
