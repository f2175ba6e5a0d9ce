"""What the API server asks of the fields of kinds other than pods: the validation packages of k8s.io/kubernetes."""

from __future__ import annotations

from promote.api.forms import (
    AMOUNT_OR_PERCENT,
    AMOUNT_OR_SHARE,
    CIDR,
    COUNTED,
    DNS_LABEL,
    DNS_NAME,
    DOMAIN,
    FILLED,
    FINALIZER,
    HOST,
    IP,
    LABEL,
    LABEL_1035,
    NO_NEGATIVE_AMOUNT,
    NOT_NEGATIVE,
    PORT,
    PORT_NAME,
    PORT_OR_NAME,
    QUALIFIED,
    QUOTA_NAME,
    SEGMENT,
    SOME,
    WHOLE_AMOUNT,
    Schema,
    each,
    each_text,
    optional,
    values,
)

_API = "io.k8s.api."
_ANY_CASE = "[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?"
_META = "io.k8s.apimachinery.pkg.apis.meta.v1."
_REPLICAS = {"replicas": NOT_NEGATIVE, "minReadySeconds": NOT_NEGATIVE}
_ROLLING = {"maxSurge": AMOUNT_OR_PERCENT, "maxUnavailable": AMOUNT_OR_SHARE}
_WEBHOOK: dict[str, Schema] = {
    "admissionReviewVersions": SOME | each_text(LABEL_1035) | {"uniqueItems": True},
    "name": {"pattern": rf"^{DOMAIN}$", "not": {"type": "string", "pattern": r"^[^.]*\.?[^.]*$"}},
    "sideEffects": {"enum": [None, "None", "NoneOnDryRun"]},
    "timeoutSeconds": {"minimum": 1, "maximum": 30},
}
_SERVICE_PATH = "[a-z0-9]([-a-z0-9.]*[a-z0-9])?"
_RBAC_GROUP = "rbac.authorization.k8s.io"

FIELDS: dict[str, dict[str, Schema]] = {
    f"{_META}LabelSelector": {"matchLabels": values(LABEL) | {"propertyNames": QUALIFIED}},
    f"{_META}LabelSelectorRequirement": {
        "key": QUALIFIED,
        "operator": {"enum": ["In", "NotIn", "Exists", "DoesNotExist"]},
        "values": each(LABEL),
    },
    f"{_META}ObjectMeta": {
        "labels": {"additionalProperties": {"type": ["string", "null"]} | LABEL},
        "finalizers": each(FINALIZER),
        "generateName": {"maxLength": 253},
    },
    f"{_META}OwnerReference": {"apiVersion": FILLED, "kind": FILLED, "name": FILLED, "uid": FILLED},
    f"{_API}admissionregistration.v1.MutatingWebhook": _WEBHOOK,
    f"{_API}admissionregistration.v1.RuleWithOperations": {
        "apiGroups": SOME,
        "apiVersions": SOME | each_text(FILLED),
        "operations": SOME,
        "resources": SOME | each_text(FILLED),
    },
    f"{_API}admissionregistration.v1.ServiceReference": {
        "name": FILLED, "namespace": FILLED, "path": optional({"pattern": f"^(/{_SERVICE_PATH})*/?$"}), "port": PORT,
    },
    f"{_API}admissionregistration.v1.ValidatingWebhook": _WEBHOOK,
    f"{_API}apps.v1.DaemonSetSpec": {"minReadySeconds": NOT_NEGATIVE, "revisionHistoryLimit": NOT_NEGATIVE},
    f"{_API}apps.v1.DeploymentSpec": _REPLICAS
    | {"progressDeadlineSeconds": NOT_NEGATIVE, "revisionHistoryLimit": NOT_NEGATIVE},
    f"{_API}apps.v1.ReplicaSetSpec": _REPLICAS | {"selector": {"not": {"type": "null"}}},
    f"{_API}apps.v1.RollingUpdateDaemonSet": _ROLLING | {"maxSurge": AMOUNT_OR_SHARE},
    f"{_API}apps.v1.RollingUpdateDeployment": _ROLLING,
    f"{_API}apps.v1.RollingUpdateStatefulSetStrategy": {
        "maxUnavailable": {"minimum": 1} | {"pattern": AMOUNT_OR_SHARE["pattern"]},
        "partition": NOT_NEGATIVE,
    },
    f"{_API}apps.v1.StatefulSetOrdinals": {"start": NOT_NEGATIVE},
    f"{_API}apps.v1.StatefulSetSpec": _REPLICAS
    | {"serviceName": optional(DNS_LABEL)},
    f"{_API}core.v1.ClientIPConfig": {"timeoutSeconds": {"minimum": 1, "maximum": 86400}},
    f"{_API}core.v1.LimitRangeItem": {"type": FILLED},
    f"{_API}core.v1.PersistentVolumeClaimSpec": {"accessModes": SOME, "storageClassName": optional(DNS_NAME)},
    f"{_API}core.v1.PersistentVolumeSpec": {"accessModes": SOME, "storageClassName": optional(DNS_NAME)},
    f"{_API}core.v1.ReplicationControllerSpec": _REPLICAS,
    f"{_API}core.v1.ResourceQuotaSpec": {
        "hard": values(NO_NEGATIVE_AMOUNT)
        | {"propertyNames": QUOTA_NAME, "patternProperties": {COUNTED: WHOLE_AMOUNT}},
    },
    f"{_API}core.v1.ServicePort": {
        "appProtocol": QUALIFIED,
        "name": optional(DNS_LABEL),
        "nodePort": {"maximum": 65535},
        "port": PORT,
        "targetPort": PORT | PORT_NAME,
    },
    f"{_API}core.v1.ServiceSpec": {
        "clusterIP": {"anyOf": [{"enum": [None, "", "None"]}, IP]},
        "externalIPs": each(IP),
        "healthCheckNodePort": {"minimum": 0, "maximum": 65535},
        "loadBalancerClass": optional(QUALIFIED),
        "loadBalancerSourceRanges": each(CIDR),
        "selector": values(LABEL) | {"propertyNames": QUALIFIED},
        "trafficDistribution": {"enum": [None, "PreferClose", "PreferSameNode", "PreferSameZone"]},
    },
    f"{_API}core.v1.ScopedResourceSelectorRequirement": {"operator": FILLED, "scopeName": FILLED},
    f"{_API}core.v1.TopologySelectorLabelRequirement": {"key": QUALIFIED, "values": SOME},
    f"{_API}core.v1.TopologySelectorTerm": {"matchLabelExpressions": SOME},
    f"{_API}core.v1.TypedLocalObjectReference": {"name": SEGMENT | FILLED},
    f"{_API}networking.v1.HTTPIngressRuleValue": {"paths": SOME},
    f"{_API}networking.v1.IngressClassSpec": {
        "controller": {"maxLength": 250, "pattern": rf"^{DOMAIN}/\S+$"},
    },
    f"{_API}networking.v1.IngressClassParametersReference": {
        "apiGroup": optional(DNS_NAME),
        "kind": SEGMENT,
        "name": SEGMENT | FILLED,
        "scope": {"enum": [None, "Cluster", "Namespace"]},
    },
    f"{_API}networking.v1.IngressBackend": {"resource": {"properties": {"apiGroup": DNS_NAME, "kind": SEGMENT}}},
    f"{_API}networking.v1.IngressRule": {
        "host": optional(HOST | {"not": {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+){3}$"}}),
    },
    f"{_API}networking.v1.IngressServiceBackend": {"name": DNS_LABEL},
    f"{_API}networking.v1.IngressSpec": {"ingressClassName": DNS_NAME},
    f"{_API}networking.v1.IngressTLS": {"hosts": each(HOST), "secretName": optional(DNS_NAME)},
    f"{_API}networking.v1.IPBlock": {"cidr": CIDR, "except": each_text(CIDR)},
    f"{_API}networking.v1.NetworkPolicyPort": {"endPort": PORT, "port": PORT_OR_NAME},
    f"{_API}networking.v1.NetworkPolicySpec": {"policyTypes": {"maxItems": 2}},
    f"{_API}networking.v1.ServiceBackendPort": {
        "name": optional(PORT_NAME), "number": {"minimum": 0, "maximum": 65535},
    },
    f"{_API}node.v1.Overhead": {"podFixed": values(NO_NEGATIVE_AMOUNT)},
    f"{_API}node.v1.RuntimeClass": {"handler": DNS_LABEL},
    f"{_API}node.v1.Scheduling": {"nodeSelector": values(LABEL) | {"propertyNames": QUALIFIED}},
    f"{_API}policy.v1.PodDisruptionBudgetSpec": {
        "maxUnavailable": AMOUNT_OR_SHARE, "minAvailable": AMOUNT_OR_SHARE,
    },
    f"{_API}rbac.v1.AggregationRule": {"clusterRoleSelectors": SOME},
    f"{_API}rbac.v1.PolicyRule": {"verbs": SOME},
    f"{_API}rbac.v1.RoleRef": {"apiGroup": {"enum": ["", _RBAC_GROUP]}, "name": SEGMENT | FILLED},
    f"{_API}rbac.v1.Subject": {"kind": {"enum": ["Group", "ServiceAccount", "User"]}, "name": FILLED},
    f"{_API}scheduling.v1.PriorityClass": {"value": {"maximum": 10**9}},
    f"{_API}storage.v1.StorageClass": {
        "provisioner": {
            "pattern": rf"^({_ANY_CASE}(\.{_ANY_CASE})*/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$",
            "not": {"type": "string", "pattern": "[^/]{64,}$"},
        },
        "reclaimPolicy": {"enum": [None, "", "Delete", "Retain"]},
    },
}  # fmt: skip
