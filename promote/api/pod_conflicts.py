"""Which fields of pods exclude or need each other: k8s.io/kubernetes/pkg/apis/core/validation."""

from __future__ import annotations

from promote.api.forms import (
    LABEL,
    Schema,
    differs,
    equals,
    every,
    exactly_one,
    filled,
    has,
    lacks,
    refuse,
    require,
    some,
    within,
)

_CORE = "io.k8s.api.core.v1."
_SOURCES = (
    "awsElasticBlockStore", "azureDisk", "azureFile", "cephfs", "cinder", "configMap", "csi", "downwardAPI",
    "emptyDir", "ephemeral", "fc", "flexVolume", "flocker", "gcePersistentDisk", "gitRepo", "glusterfs", "hostPath",
    "image", "iscsi", "nfs", "persistentVolumeClaim", "photonPersistentDisk", "portworxVolume", "projected",
    "quobyte", "rbd", "scaleIO", "secret", "storageos", "vsphereVolume",
)  # fmt: skip
_PLAIN_INIT = every(
    differs("restartPolicy", "Always"),
    some(*(has(field) for field in ("lifecycle", "livenessProbe", "readinessProbe", "startupProbe"))),
)
_VALUE_SOURCES = ("configMapKeyRef", "fieldRef", "fileKeyRef", "resourceFieldRef", "secretKeyRef")
_PROJECTIONS = ("clusterTrustBundle", "configMap", "downwardAPI", "podCertificate", "secret", "serviceAccountToken")


def _localhost(profile: str) -> list[Schema]:
    return [
        refuse(
            every(equals("type", "Localhost"), lacks("localhostProfile")),
            f"{profile} of type Localhost needs localhostProfile",
        ),
        refuse(
            every(differs("type", "Localhost"), has("localhostProfile")),
            f"only {profile} of type Localhost has localhostProfile",
        ),
    ]


# Fields that the schemas do not require, and the server does.
_NEEDED = {
    "ConfigMapEnvSource": "name",
    "ConfigMapKeySelector": "name",
    "ConfigMapProjection": "name",
    "ConfigMapVolumeSource": "name",
    "ExecAction": "command",
    "ImageVolumeSource": "reference",
    "SecretEnvSource": "name",
    "SecretKeySelector": "name",
    "SecretProjection": "name",
    "SecretVolumeSource": "secretName",
}

CONFLICTS: dict[str, list[Schema]] = {
    **{f"{_CORE}{kind}": [require(filled(field), f"{field} is missing")] for kind, field in _NEEDED.items()},
    f"{_CORE}AppArmorProfile": _localhost("an AppArmor profile"),
    f"{_CORE}Container": [
        require(filled("image"), "a container needs an image"),
        refuse(
            within("securityContext", every(equals("allowPrivilegeEscalation", False), equals("privileged", True))),
            "a privileged container cannot have allowPrivilegeEscalation: false",
        ),
        refuse(
            within(
                "securityContext",
                every(
                    equals("allowPrivilegeEscalation", False),
                    within("capabilities", within("add", {"contains": {"enum": ["CAP_SYS_ADMIN"]}})),
                ),
            ),
            "a container with the capability CAP_SYS_ADMIN cannot have allowPrivilegeEscalation: false",
        ),
    ],
    f"{_CORE}EnvVar": [
        refuse(every(filled("value"), has("valueFrom")), "a variable has value or valueFrom, not both"),
    ],
    f"{_CORE}EnvVarSource": [require(exactly_one(*_VALUE_SOURCES), "valueFrom needs exactly one source")],
    f"{_CORE}EnvFromSource": [
        require(exactly_one("configMapRef", "secretRef"), "envFrom needs either configMapRef or secretRef"),
    ],
    f"{_CORE}LifecycleHandler": [
        require(
            exactly_one("exec", "httpGet", "sleep", "tcpSocket"),
            "a hook needs exactly one of exec, httpGet, sleep and tcpSocket",
        ),
    ],
    f"{_CORE}NodeSelectorRequirement": [
        refuse(every(equals("operator", "In", "NotIn"), lacks("values")), "this operator needs values"),
        refuse(
            every(equals("operator", "Exists", "DoesNotExist"), filled("values")),
            "the operators Exists and DoesNotExist have no values",
        ),
        refuse(
            every(
                equals("operator", "Gt", "Lt"),
                {"not": within("values", {"minItems": 1, "maxItems": 1})},
            ),
            "the operators Gt and Lt need exactly one value",
        ),
    ],
    f"{_CORE}EphemeralVolumeSource": [require(has("volumeClaimTemplate"), "volumeClaimTemplate is missing")],
    f"{_CORE}PodDNSConfigOption": [require(filled("name"), "an option needs a name")],
    f"{_CORE}PodSpec": [
        refuse(
            every(
                lacks("resourceClaims"),
                within("containers", {"contains": within("resources", filled("claims"))}),
            ),
            "a container uses a claim that is not in resourceClaims",
        ),
        refuse(
            every(
                differs("hostUsers", False),
                within("containers", {"contains": within("securityContext", equals("procMount", "Unmasked"))}),
            ),
            "procMount: Unmasked needs hostUsers: false",
        ),
        refuse(
            within("initContainers", {"contains": _PLAIN_INIT}),
            "only init containers with restartPolicy: Always have probes and lifecycle hooks",
        ),
        refuse(
            every(
                equals("hostNetwork", True),
                within(
                    "securityContext",
                    within("sysctls", {"contains": within("name", {"pattern": r"^net[./]"})}),
                ),
            ),
            "hostNetwork excludes sysctls of the network",
        ),
        refuse(filled("ephemeralContainers"), "ephemeral containers are added to running pods only"),
        refuse(
            every(equals("dnsPolicy", "None"), {"not": within("dnsConfig", filled("nameservers"))}),
            "dnsPolicy: None needs dnsConfig.nameservers",
        ),
        refuse(
            every(equals("hostPID", True), equals("shareProcessNamespace", True)),
            "hostPID and shareProcessNamespace exclude each other",
        ),
    ],
    f"{_CORE}Probe": [
        require(
            exactly_one("exec", "grpc", "httpGet", "tcpSocket"),
            "a probe needs exactly one of exec, grpc, httpGet and tcpSocket",
        ),
    ],
    f"{_CORE}SeccompProfile": _localhost("a seccomp profile"),
    f"{_CORE}Toleration": [
        refuse(
            every(lacks("key"), differs("operator", "Exists")),
            "a toleration without key needs operator: Exists",
        ),
        refuse(
            every(equals("operator", "Exists"), filled("value")),
            "a toleration with operator: Exists has no value",
        ),
        refuse(
            every(has("tolerationSeconds"), differs("effect", "NoExecute")),
            "tolerationSeconds needs effect: NoExecute",
        ),
        refuse(
            every(differs("operator", "Exists", "Gt", "Lt"), within("value", {"not": LABEL})),
            "the value of a toleration has at most 63 letters, digits, '-', '_' and '.'",
        ),
    ],
    f"{_CORE}TopologySpreadConstraint": [
        refuse(
            every(has("minDomains"), differs("whenUnsatisfiable", "DoNotSchedule")),
            "minDomains needs whenUnsatisfiable: DoNotSchedule",
        ),
    ],
    f"{_CORE}Volume": [
        refuse(
            {
                "type": "object",
                "not": some({"oneOf": [has(one) for one in _SOURCES]}, *[{"not": some(*map(has, _SOURCES))}]),
            },
            "a volume has one source only",
        ),
    ],
    f"{_CORE}VolumeMount": [
        refuse(every(filled("subPath"), filled("subPathExpr")), "subPath and subPathExpr exclude each other"),
    ],
    f"{_CORE}DownwardAPIVolumeFile": [
        refuse(
            within("resourceFieldRef", lacks("containerName")), "resourceFieldRef needs containerName in a volume"
        ),
        require(exactly_one("fieldRef", "resourceFieldRef"), "needs either fieldRef or resourceFieldRef"),
    ],
    f"{_CORE}VolumeProjection": [require(exactly_one(*_PROJECTIONS), "a projection needs exactly one source")],
}
