"""What the API server asks of pods beyond their schemas: k8s.io/kubernetes/pkg/apis/core/validation."""

from __future__ import annotations

from promote.checks.api_forms import (
    AMOUNT_OR_PERCENT, DNS_LABEL, DNS_NAME, DOMAIN_QUALIFIED, FILLED, HEADER, ID, IP, KEY, LABEL, MODE,
    NO_NEGATIVE_AMOUNT, NOT_NEGATIVE, PORT, PORT_NAME, PORT_OR_NAME, POSITIVE, QUALIFIED, RELATIVE, SOME, VARIABLE,
    Schema, differs, each, equals, every, exactly_one, filled, has, lacks, optional, refuse, require, some, values,
    within,
)  # fmt: skip

_CORE = "io.k8s.api.core.v1."
_PROBE = {
    "initialDelaySeconds": NOT_NEGATIVE,
    "timeoutSeconds": NOT_NEGATIVE,
    "periodSeconds": NOT_NEGATIVE,
    "successThreshold": NOT_NEGATIVE,
    "failureThreshold": NOT_NEGATIVE,
    "terminationGracePeriodSeconds": POSITIVE,
}
_ONCE = {"properties": {"successThreshold": {"maximum": 1}}}
_CONTAINER: dict[str, Schema] = {
    "name": DNS_LABEL,
    "image": FILLED,
    "livenessProbe": _ONCE,
    "startupProbe": _ONCE,
    "readinessProbe": refuse(has("terminationGracePeriodSeconds"), "a readiness probe has no grace period"),
}
_ITEMS = {"defaultMode": MODE}
_PATHS = (
    r"^(metadata\.(name|namespace|uid|labels|annotations)|metadata\.(labels|annotations)\['[^']+'\]|"
    r"spec\.(nodeName|serviceAccountName)|status\.(hostIP|hostIPs|podIP|podIPs))$"
)
_MEASURES = r"^((limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-.+))$"
_STANDARD = r"^(cpu|memory|ephemeral-storage|hugepages-.+|[^/]+\.[^/]*/.+|[^/]+/.+)$"

FIELDS: dict[str, dict[str, Schema]] = {
    f"{_CORE}ConfigMapEnvSource": {"name": DNS_NAME},
    f"{_CORE}ConfigMapKeySelector": {"name": FILLED, "key": KEY},
    f"{_CORE}ConfigMapProjection": {"name": FILLED},
    f"{_CORE}ConfigMapVolumeSource": _ITEMS | {"name": FILLED},
    f"{_CORE}Container": _CONTAINER,
    f"{_CORE}ContainerPort": {
        "containerPort": PORT,
        "hostPort": NOT_NEGATIVE | {"maximum": 65535},
        "hostIP": optional(IP),
        "name": optional(PORT_NAME),
    },
    f"{_CORE}CSIVolumeSource": {"driver": FILLED},
    f"{_CORE}DownwardAPIVolumeFile": {"path": RELATIVE | FILLED, "mode": MODE},
    f"{_CORE}DownwardAPIVolumeSource": _ITEMS,
    f"{_CORE}EmptyDirVolumeSource": {"sizeLimit": NO_NEGATIVE_AMOUNT},
    f"{_CORE}EnvVar": {"name": VARIABLE},
    f"{_CORE}EphemeralContainer": {"name": DNS_LABEL, "image": FILLED},
    f"{_CORE}ExecAction": {"command": SOME},
    f"{_CORE}GRPCAction": {"port": PORT},
    f"{_CORE}HostAlias": {"ip": IP, "hostnames": each(DNS_NAME)},
    f"{_CORE}HostPathVolumeSource": {"path": FILLED | {"not": {"pattern": r"(^|/)\.\.(/|$)"}}},
    f"{_CORE}HTTPGetAction": {"port": PORT_OR_NAME},
    f"{_CORE}HTTPHeader": {"name": HEADER},
    f"{_CORE}KeyToPath": {"key": KEY, "path": RELATIVE | FILLED, "mode": MODE},
    f"{_CORE}NFSVolumeSource": {"server": FILLED, "path": {"pattern": "^/"}},
    f"{_CORE}NodeSelector": {"nodeSelectorTerms": SOME},
    f"{_CORE}NodeSelectorRequirement": {"key": QUALIFIED},
    f"{_CORE}ObjectFieldSelector": {"fieldPath": {"pattern": _PATHS}},
    f"{_CORE}PersistentVolumeClaimVolumeSource": {"claimName": FILLED},
    f"{_CORE}PodAffinityTerm": {"topologyKey": QUALIFIED, "namespaces": each(DNS_LABEL)},
    f"{_CORE}PodDNSConfig": {
        "nameservers": {"maxItems": 3, "items": IP},
        "searches": {
            "maxItems": 32,
            "items": {
                "pattern": r"^(\.|[a-z0-9_]([-a-z0-9_]*[a-z0-9_])?"
                r"(\.[a-z0-9_]([-a-z0-9_]*[a-z0-9_])?)*\.?)$"
            },
        },
    },
    f"{_CORE}PodDNSConfigOption": {"name": FILLED},
    f"{_CORE}PodReadinessGate": {"conditionType": QUALIFIED},
    f"{_CORE}PodSchedulingGate": {"name": QUALIFIED},
    f"{_CORE}PodSecurityContext": {
        "fsGroup": ID,
        "runAsGroup": ID,
        "runAsUser": ID,
        "supplementalGroups": each(ID),
    },
    f"{_CORE}PodSpec": {
        "activeDeadlineSeconds": {"minimum": 1, "maximum": 2**31 - 1},
        "containers": SOME,
        "hostname": optional(DNS_LABEL),
        "nodeName": optional(DNS_NAME),
        "nodeSelector": values(LABEL) | {"propertyNames": QUALIFIED},
        "overhead": values(NO_NEGATIVE_AMOUNT),
        "priorityClassName": optional(DNS_NAME),
        "runtimeClassName": DNS_NAME,
        "serviceAccountName": optional(DNS_NAME),
        "subdomain": optional(DNS_LABEL),
    },
    f"{_CORE}PreferredSchedulingTerm": {"weight": {"minimum": 1, "maximum": 100}},
    f"{_CORE}Probe": _PROBE,
    f"{_CORE}ProjectedVolumeSource": _ITEMS,
    f"{_CORE}ResourceFieldSelector": {"resource": {"pattern": _MEASURES}},
    f"{_CORE}ResourceRequirements": {
        "limits": values(NO_NEGATIVE_AMOUNT) | {"propertyNames": QUALIFIED},
        "requests": values(NO_NEGATIVE_AMOUNT) | {"propertyNames": QUALIFIED},
    },
    f"{_CORE}SecretEnvSource": {"name": DNS_NAME},
    f"{_CORE}SecretKeySelector": {"name": FILLED, "key": KEY},
    f"{_CORE}SecretProjection": {"name": FILLED},
    f"{_CORE}SecretVolumeSource": _ITEMS | {"secretName": FILLED},
    f"{_CORE}SecurityContext": {"runAsGroup": ID, "runAsUser": ID},
    f"{_CORE}ServiceAccountTokenProjection": {
        "path": RELATIVE | FILLED,
        "expirationSeconds": {"minimum": 600, "maximum": 2**32},
    },
    f"{_CORE}SleepAction": {"seconds": NOT_NEGATIVE},
    f"{_CORE}Sysctl": {
        "name": {
            "maxLength": 253,
            "pattern": r"^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$",
        }
    },
    f"{_CORE}TCPSocketAction": {"port": PORT_OR_NAME},
    f"{_CORE}Toleration": {"key": optional(QUALIFIED)},
    f"{_CORE}TopologySpreadConstraint": {
        "maxSkew": POSITIVE,
        "minDomains": POSITIVE,
        "topologyKey": QUALIFIED,
        "whenUnsatisfiable": FILLED,
    },
    f"{_CORE}Volume": {"name": DNS_LABEL},
    f"{_CORE}VolumeDevice": {"name": FILLED, "devicePath": FILLED},
    f"{_CORE}VolumeMount": {
        "name": FILLED,
        "mountPath": FILLED,
        "subPath": optional(RELATIVE),
        "subPathExpr": optional(RELATIVE),
    },
    f"{_CORE}WeightedPodAffinityTerm": {"weight": {"minimum": 1, "maximum": 100}},
}

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


def _selects(*with_values: str) -> list[Schema]:
    return [
        refuse(every(equals("operator", *with_values), lacks("values")), "this operator needs values"),
        refuse(
            every(equals("operator", "Exists", "DoesNotExist"), filled("values")),
            "the operators Exists and DoesNotExist have no values",
        ),
    ]


CONFLICTS: dict[str, list[Schema]] = {
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
        *_selects("In", "NotIn"),
        refuse(
            every(
                equals("operator", "Gt", "Lt"),
                {"not": within("values", {"minItems": 1, "maxItems": 1})},
            ),
            "the operators Gt and Lt need exactly one value",
        ),
    ],
    f"{_CORE}PodSpec": [
        refuse(
            within("initContainers", {"contains": _PLAIN_INIT}),
            "only init containers with restartPolicy: Always have probes and lifecycle hooks",
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
        require(exactly_one("fieldRef", "resourceFieldRef"), "needs either fieldRef or resourceFieldRef"),
    ],
    f"{_CORE}VolumeProjection": [require(exactly_one(*_PROJECTIONS), "a projection needs exactly one source")],
}
