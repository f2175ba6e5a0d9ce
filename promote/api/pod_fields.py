"""What the API server asks of the fields of pods beyond their schemas: k8s.io/kubernetes/pkg/apis/core/validation."""

from __future__ import annotations

from promote.api.forms import (
    DNS_LABEL,
    DNS_NAME,
    FILLED,
    HEADER,
    ID,
    IP,
    KEY,
    LABEL,
    MODE,
    NO_NEGATIVE_AMOUNT,
    NOT_NEGATIVE,
    PORT,
    PORT_NAME,
    PORT_OR_NAME,
    POSITIVE,
    QUALIFIED,
    RELATIVE,
    RESOURCE_NAME,
    SOME,
    VARIABLE,
    Schema,
    each,
    each_text,
    has,
    optional,
    refuse,
    values,
)

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
    "image": FILLED | {"not": {"type": "string", "pattern": r"^\s|\s$"}},
    "livenessProbe": _ONCE,
    "resizePolicy": {"uniqueItems": True},
    "startupProbe": _ONCE,
    "readinessProbe": refuse(has("terminationGracePeriodSeconds"), "a readiness probe has no grace period"),
}
_GIVEN_PORT = PORT_OR_NAME | {"not": {"type": "null"}}
_ITEMS = {"defaultMode": MODE}
_PATHS = (
    r"^(metadata\.(name|namespace|uid|labels|annotations)|metadata\.(labels|annotations)\['[^']+'\]|"
    r"spec\.(nodeName|serviceAccountName)|status\.(hostIP|hostIPs|podIP|podIPs))$"
)
_MEASURES = r"^((limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-.+))$"

FIELDS: dict[str, dict[str, Schema]] = {
    f"{_CORE}ConfigMapEnvSource": {"name": DNS_NAME},
    f"{_CORE}ConfigMapKeySelector": {"name": DNS_NAME, "key": KEY},
    f"{_CORE}ConfigMapProjection": {"name": FILLED},
    f"{_CORE}ConfigMapVolumeSource": _ITEMS | {"name": FILLED},
    f"{_CORE}Container": _CONTAINER,
    f"{_CORE}ContainerPort": {
        "containerPort": PORT,
        "hostPort": NOT_NEGATIVE | {"maximum": 65535},
        "hostIP": optional(IP),
        "name": optional(PORT_NAME),
    },
    f"{_CORE}ContainerResizePolicy": {"resourceName": {"enum": ["cpu", "memory"]}, "restartPolicy": FILLED},
    f"{_CORE}CSIVolumeSource": {"driver": {"maxLength": 63, "pattern": r"^[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?$"}},
    f"{_CORE}DownwardAPIVolumeFile": {"path": RELATIVE | FILLED, "mode": MODE},
    f"{_CORE}DownwardAPIVolumeSource": _ITEMS,
    f"{_CORE}EmptyDirVolumeSource": {"sizeLimit": NO_NEGATIVE_AMOUNT},
    f"{_CORE}EnvFromSource": {"prefix": optional(VARIABLE)},
    f"{_CORE}EnvVar": {"name": VARIABLE},
    f"{_CORE}EphemeralContainer": {"name": DNS_LABEL, "image": FILLED},
    f"{_CORE}ExecAction": {"command": SOME},
    f"{_CORE}GRPCAction": {"port": PORT},
    f"{_CORE}HostAlias": {"ip": IP, "hostnames": each(DNS_NAME)},
    f"{_CORE}HostPathVolumeSource": {"path": FILLED | {"not": {"type": "string", "pattern": r"(^|/)\.\.(/|$)"}}},
    f"{_CORE}HTTPGetAction": {"port": _GIVEN_PORT},
    f"{_CORE}HTTPHeader": {"name": HEADER},
    f"{_CORE}ImageVolumeSource": {"reference": FILLED},
    f"{_CORE}KeyToPath": {"key": KEY, "path": RELATIVE | FILLED, "mode": MODE},
    f"{_CORE}NFSVolumeSource": {"server": FILLED, "path": {"pattern": "^/"}},
    f"{_CORE}NodeSelector": {"nodeSelectorTerms": SOME},
    f"{_CORE}NodeSelectorRequirement": {"key": QUALIFIED, "operator": FILLED, "values": each(LABEL)},
    f"{_CORE}ObjectFieldSelector": {"apiVersion": optional({"enum": [None, "v1"]}), "fieldPath": {"pattern": _PATHS}},
    f"{_CORE}PersistentVolumeClaimVolumeSource": {"claimName": FILLED},
    f"{_CORE}PodAffinityTerm": {"topologyKey": QUALIFIED, "namespaces": each_text(DNS_LABEL)},
    f"{_CORE}PodDNSConfig": {
        "nameservers": {"maxItems": 3, "items": IP},
        "searches": {
            "maxItems": 32,
            "items": {
                "type": "string",
                "pattern": r"^(\.|[a-z0-9_]([-a-z0-9_]*[a-z0-9_])?"
                r"(\.[a-z0-9_]([-a-z0-9_]*[a-z0-9_])?)*\.?)$",
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
        "sysctls": {"uniqueItems": True},
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
        "topologySpreadConstraints": {"uniqueItems": True},
    },
    f"{_CORE}PreferredSchedulingTerm": {"weight": {"minimum": 1, "maximum": 100}},
    f"{_CORE}Probe": _PROBE,
    f"{_CORE}ProjectedVolumeSource": _ITEMS,
    f"{_CORE}ResourceFieldSelector": {"resource": {"pattern": _MEASURES}},
    f"{_CORE}ResourceRequirements": {
        "limits": values(NO_NEGATIVE_AMOUNT) | {"propertyNames": RESOURCE_NAME},
        "requests": values(NO_NEGATIVE_AMOUNT) | {"propertyNames": RESOURCE_NAME},
    },
    f"{_CORE}AppArmorProfile": {"type": FILLED},
    f"{_CORE}SeccompProfile": {"localhostProfile": optional(RELATIVE)},
    f"{_CORE}SecretEnvSource": {"name": DNS_NAME},
    f"{_CORE}SecretKeySelector": {"name": DNS_NAME, "key": KEY},
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
    f"{_CORE}TCPSocketAction": {"port": _GIVEN_PORT},
    f"{_CORE}Toleration": {"key": optional(QUALIFIED)},
    f"{_CORE}TopologySpreadConstraint": {
        "matchLabelKeys": each_text(QUALIFIED),
        "maxSkew": POSITIVE,
        "minDomains": POSITIVE,
        "topologyKey": FILLED,
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
