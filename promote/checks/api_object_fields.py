"""What the API server asks of the fields of other kinds than pods: the validation packages of k8s.io/kubernetes."""

from __future__ import annotations

from promote.checks.api_forms import (
    AMOUNT_OR_PERCENT,
    AMOUNT_OR_SHARE,
    CIDR,
    DNS_LABEL,
    DNS_NAME,
    FILLED,
    HOST,
    IP,
    LABEL,
    NO_NEGATIVE_AMOUNT,
    NOT_NEGATIVE,
    PORT,
    PORT_NAME,
    PORT_OR_NAME,
    POSITIVE,
    POSITIVE_AMOUNT,
    QUALIFIED,
    SEGMENT,
    SOME,
    Schema,
    each,
    optional,
    values,
)

_API = "io.k8s.api."
_DOMAIN = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
_ANY_CASE = "[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?"
_META = "io.k8s.apimachinery.pkg.apis.meta.v1."
_REPLICAS = {"replicas": NOT_NEGATIVE, "minReadySeconds": NOT_NEGATIVE}
_ROLLING = {"maxSurge": AMOUNT_OR_PERCENT, "maxUnavailable": AMOUNT_OR_SHARE}
_REFERENCE = {"kind": SEGMENT | FILLED, "name": SEGMENT | FILLED}
_WEBHOOK: dict[str, Schema] = {
    "admissionReviewVersions": SOME,
    "name": {"pattern": rf"^{_DOMAIN}$", "not": {"pattern": r"^[^.]*\.?[^.]*$"}},
    "sideEffects": {"enum": [None, "None", "NoneOnDryRun"]},
    "timeoutSeconds": {"minimum": 1, "maximum": 30},
}
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
        "generateName": {"maxLength": 253},
    },
    f"{_META}OwnerReference": {"apiVersion": FILLED, "kind": FILLED, "name": FILLED, "uid": FILLED},
    f"{_API}admissionregistration.v1.MutatingWebhook": _WEBHOOK,
    f"{_API}admissionregistration.v1.RuleWithOperations": {
        "apiGroups": SOME, "apiVersions": SOME, "operations": SOME, "resources": SOME,
    },
    f"{_API}admissionregistration.v1.ServiceReference": {"name": FILLED, "namespace": FILLED, "port": PORT},
    f"{_API}admissionregistration.v1.ValidatingWebhook": _WEBHOOK,
    f"{_API}apps.v1.DaemonSetSpec": {"minReadySeconds": NOT_NEGATIVE, "revisionHistoryLimit": NOT_NEGATIVE},
    f"{_API}apps.v1.DeploymentSpec": _REPLICAS
    | {"progressDeadlineSeconds": NOT_NEGATIVE, "revisionHistoryLimit": NOT_NEGATIVE},
    f"{_API}apps.v1.ReplicaSetSpec": _REPLICAS,
    f"{_API}apps.v1.RollingUpdateDaemonSet": _ROLLING | {"maxSurge": AMOUNT_OR_SHARE},
    f"{_API}apps.v1.RollingUpdateDeployment": _ROLLING,
    f"{_API}apps.v1.RollingUpdateStatefulSetStrategy": {
        "maxUnavailable": {"minimum": 1} | {"pattern": AMOUNT_OR_SHARE["pattern"]},
        "partition": NOT_NEGATIVE,
    },
    f"{_API}apps.v1.StatefulSetOrdinals": {"start": NOT_NEGATIVE},
    f"{_API}apps.v1.StatefulSetSpec": _REPLICAS | {"revisionHistoryLimit": NOT_NEGATIVE},
    f"{_API}autoscaling.v1.CrossVersionObjectReference": _REFERENCE,
    f"{_API}autoscaling.v1.HorizontalPodAutoscalerSpec": {
        "maxReplicas": POSITIVE, "minReplicas": POSITIVE, "targetCPUUtilizationPercentage": POSITIVE,
    },
    f"{_API}autoscaling.v2.ContainerResourceMetricSource": {"container": FILLED, "name": FILLED},
    f"{_API}autoscaling.v2.CrossVersionObjectReference": _REFERENCE,
    f"{_API}autoscaling.v2.HorizontalPodAutoscalerSpec": {"maxReplicas": POSITIVE, "minReplicas": NOT_NEGATIVE},
    f"{_API}autoscaling.v2.HPAScalingPolicy": {
        "periodSeconds": {"minimum": 1, "maximum": 1800}, "type": FILLED, "value": POSITIVE,
    },
    f"{_API}autoscaling.v2.HPAScalingRules": {
        "policies": SOME, "stabilizationWindowSeconds": {"minimum": 0, "maximum": 3600},
    },
    f"{_API}autoscaling.v2.MetricIdentifier": {"name": SEGMENT | FILLED},
    f"{_API}autoscaling.v2.MetricSpec": {"type": FILLED},
    f"{_API}autoscaling.v2.MetricTarget": {
        "averageUtilization": POSITIVE, "averageValue": POSITIVE_AMOUNT, "type": FILLED, "value": POSITIVE_AMOUNT,
    },
    f"{_API}autoscaling.v2.ResourceMetricSource": {"name": FILLED},
    f"{_API}batch.v1.CronJobSpec": {
        "failedJobsHistoryLimit": NOT_NEGATIVE,
        "startingDeadlineSeconds": NOT_NEGATIVE,
        "successfulJobsHistoryLimit": NOT_NEGATIVE,
        "schedule": {"not": {"pattern": "TZ"}},
    },
    f"{_API}batch.v1.JobSpec": {
        "activeDeadlineSeconds": NOT_NEGATIVE,
        "backoffLimit": NOT_NEGATIVE,
        "backoffLimitPerIndex": NOT_NEGATIVE,
        "completions": NOT_NEGATIVE,
        "maxFailedIndexes": NOT_NEGATIVE,
        "parallelism": NOT_NEGATIVE,
        "ttlSecondsAfterFinished": NOT_NEGATIVE,
    },
    f"{_API}core.v1.ClientIPConfig": {"timeoutSeconds": {"minimum": 1, "maximum": 86400}},
    f"{_API}core.v1.LimitRangeItem": {"type": FILLED},
    f"{_API}core.v1.PersistentVolumeClaimSpec": {"accessModes": SOME, "storageClassName": optional(DNS_NAME)},
    f"{_API}core.v1.PersistentVolumeSpec": {"accessModes": SOME, "storageClassName": optional(DNS_NAME)},
    f"{_API}core.v1.ReplicationControllerSpec": _REPLICAS,
    f"{_API}core.v1.ResourceQuotaSpec": {"hard": values(NO_NEGATIVE_AMOUNT) | {"propertyNames": QUALIFIED}},
    f"{_API}core.v1.ServicePort": {
        "appProtocol": QUALIFIED,
        "name": optional(DNS_LABEL),
        "nodePort": {"minimum": 0, "maximum": 65535},
        "port": PORT,
        "targetPort": PORT | PORT_NAME,
    },
    f"{_API}core.v1.ServiceSpec": {
        "clusterIP": {"anyOf": [{"enum": [None, "", "None"]}, IP]},
        "externalIPs": each(IP),
        "healthCheckNodePort": {"minimum": 0, "maximum": 65535},
        "loadBalancerSourceRanges": each(CIDR),
        "selector": values(LABEL) | {"propertyNames": QUALIFIED},
    },
    f"{_API}networking.v1.HTTPIngressRuleValue": {"paths": SOME},
    f"{_API}networking.v1.IngressClassSpec": {
        "controller": {"maxLength": 250, "pattern": rf"^{_DOMAIN}/\S+$"},
    },
    f"{_API}networking.v1.IngressRule": {"host": optional(HOST | {"not": {"pattern": r"^[0-9]+(\.[0-9]+){3}$"}})},
    f"{_API}networking.v1.IngressServiceBackend": {"name": DNS_LABEL},
    f"{_API}networking.v1.IngressSpec": {"ingressClassName": DNS_NAME},
    f"{_API}networking.v1.IngressTLS": {"hosts": each(HOST), "secretName": optional(DNS_NAME)},
    f"{_API}networking.v1.IPBlock": {"cidr": CIDR, "except": each(CIDR)},
    f"{_API}networking.v1.NetworkPolicyPort": {"endPort": PORT, "port": PORT_OR_NAME},
    f"{_API}networking.v1.NetworkPolicySpec": {"policyTypes": {"maxItems": 2}},
    f"{_API}networking.v1.ServiceBackendPort": {
        "name": optional(PORT_NAME), "number": {"minimum": 0, "maximum": 65535},
    },
    f"{_API}policy.v1.PodDisruptionBudgetSpec": {
        "maxUnavailable": AMOUNT_OR_SHARE, "minAvailable": AMOUNT_OR_SHARE,
    },
    f"{_API}rbac.v1.AggregationRule": {"clusterRoleSelectors": SOME},
    f"{_API}rbac.v1.PolicyRule": {"verbs": SOME},
    f"{_API}rbac.v1.RoleRef": {"apiGroup": {"enum": ["", _RBAC_GROUP]}, "name": SEGMENT | FILLED},
    f"{_API}rbac.v1.Subject": {"kind": {"enum": ["Group", "ServiceAccount", "User"]}, "name": FILLED},
    f"{_API}scheduling.v1.PriorityClass": {"value": {"maximum": 10**9}},
    f"{_API}storage.v1.StorageClass": {
        "provisioner": {"pattern": rf"^({_ANY_CASE}(\.{_ANY_CASE})*/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$"},
        "reclaimPolicy": {"enum": [None, "", "Delete", "Retain"]},
    },
}  # fmt: skip
