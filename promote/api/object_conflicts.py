"""Which fields of kinds other than pods exclude or need each other: the validation packages of k8s.io/kubernetes."""

from __future__ import annotations

from promote.api.forms import (
    DNS_LABEL,
    DNS_NAME,
    DOMAIN,
    POSITIVE_AMOUNT,
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

_API = "io.k8s.api."
_EXTERNAL_NAME = {"pattern": rf"^({DOMAIN}\.?)?$"}
_META = "io.k8s.apimachinery.pkg.apis.meta.v1."
_STANDARDS = "pod-security.kubernetes.io"
_LEVEL = {"enum": ["privileged", "baseline", "restricted"]}
_RBAC_GROUP = "rbac.authorization.k8s.io"
_EXTERNAL = some(equals("type", "LoadBalancer", "NodePort"), filled("externalIPs"))
_BALANCED = (has("allocateLoadBalancerNodePorts"), has("loadBalancerClass"), filled("loadBalancerSourceRanges"))
_KEYS_OF_TYPES = {
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
}
_BASIC = ("username", "password")


def _holds(key: str) -> Schema:
    return some(within("data", has(key)), within("stringData", has(key)))


CONFLICTS: dict[str, list[Schema]] = {
    f"{_META}LabelSelectorRequirement": [
        refuse(every(equals("operator", "In", "NotIn"), lacks("values")), "this operator needs values"),
        refuse(
            every(equals("operator", "Exists", "DoesNotExist"), filled("values")),
            "the operators Exists and DoesNotExist have no values",
        ),
    ],
    f"{_API}admissionregistration.v1.RuleWithOperations": [
        require(filled(field), f"a rule of a webhook needs {field}")
        for field in ("apiGroups", "apiVersions", "operations", "resources")
    ],
    f"{_API}admissionregistration.v1.WebhookClientConfig": [
        require(exactly_one("service", "url"), "clientConfig needs either service or url"),
    ],
    f"{_API}apps.v1.RollingUpdateDaemonSet": [
        refuse(
            every(has("maxSurge"), differs("maxSurge", 0, "0%"), differs("maxUnavailable", 0, "0%")),
            "maxSurge needs maxUnavailable: 0",
        ),
    ],
    f"{_API}apps.v1.StatefulSetSpec": [
        refuse(
            within("volumeClaimTemplates", {"contains": {"not": within("metadata", within("name", DNS_LABEL))}}),
            "a claim template needs a name of lower-case letters, digits and hyphens in metadata.name",
        ),
    ],
    f"{_API}core.v1.Namespace": [
        refuse(
            within("metadata", within("labels", within(f"{_STANDARDS}/{mode}", {"not": _LEVEL}))),
            f"{_STANDARDS}/{mode} is privileged, baseline or restricted",
        )
        for mode in ("audit", "enforce", "warn")
    ],
    f"{_API}core.v1.PersistentVolumeClaimSpec": [
        require(filled("accessModes"), "a claim needs an access mode"),
        require(
            within("resources", within("requests", within("storage", POSITIVE_AMOUNT))),
            "a claim requests an amount of storage above 0 in resources.requests.storage",
        ),
        refuse(
            within(
                "accessModes",
                every(
                    {"contains": {"const": "ReadWriteOncePod"}}, {"contains": {"not": {"const": "ReadWriteOncePod"}}}
                ),
            ),
            "the access mode ReadWriteOncePod excludes all others",
        ),
    ],
    f"{_API}core.v1.PersistentVolumeSpec": [
        require(filled("accessModes"), "a volume needs an access mode"),
        require(
            within("capacity", within("storage", POSITIVE_AMOUNT)),
            "a volume has an amount above 0 in capacity.storage",
        ),
    ],
    f"{_API}core.v1.ScopedResourceSelectorRequirement": [
        refuse(every(equals("operator", "In", "NotIn"), lacks("values")), "this operator needs values"),
    ],
    f"{_API}core.v1.Secret": [
        refuse(
            within("stringData", within(".dockerconfigjson", {"not": {"pattern": r"^\s*\{[\s\S]*\}\s*$"}})),
            ".dockerconfigjson is a JSON object",
        ),
        *(
            refuse(
                every(equals("type", type_), {"not": _holds(key)}), f"a Secret of type {type_} needs the key {key}"
            )
            for type_, keys in _KEYS_OF_TYPES.items()
            for key in keys
        ),
        refuse(
            every(equals("type", "kubernetes.io/basic-auth"), {"not": some(*map(_holds, _BASIC))}),
            "a Secret of type kubernetes.io/basic-auth needs the key username or password",
        ),
    ],
    f"{_API}core.v1.Service": [require(has("spec"), "a Service needs a spec with ports")],
    f"{_API}core.v1.ServiceSpec": [
        refuse(
            every(differs("type", "ExternalName"), differs("clusterIP", "None"), lacks("ports")),
            "a Service needs ports, except with clusterIP: None or type: ExternalName",
        ),
        refuse(every(equals("type", "ExternalName"), lacks("externalName")), "type: ExternalName needs externalName"),
        refuse(every(equals("type", "ExternalName"), filled("clusterIP")), "type: ExternalName has no clusterIP"),
        refuse(
            every(equals("type", "LoadBalancer", "NodePort"), equals("clusterIP", "None")),
            "clusterIP: None needs type: ClusterIP",
        ),
        refuse(
            every(filled("externalTrafficPolicy"), {"not": _EXTERNAL}),
            "externalTrafficPolicy needs type: NodePort or LoadBalancer",
        ),
        *(
            refuse(every(given, differs("type", "LoadBalancer")), f"{given['required'][0]} needs type: LoadBalancer")
            for given in _BALANCED
        ),
        refuse(
            every(equals("type", "ExternalName"), within("externalName", {"not": _EXTERNAL_NAME})),
            "externalName is a DNS name in lower case",
        ),
        refuse(
            every(
                filled("healthCheckNodePort"),
                {"not": every(equals("type", "LoadBalancer"), equals("externalTrafficPolicy", "Local"))},
            ),
            "healthCheckNodePort needs type: LoadBalancer and externalTrafficPolicy: Local",
        ),
        refuse(
            every(
                {"not": equals("type", "LoadBalancer", "NodePort")},
                within("ports", {"contains": filled("nodePort")}),
            ),
            "nodePort needs type: NodePort or LoadBalancer",
        ),
        refuse(
            every(has("sessionAffinityConfig"), differs("sessionAffinity", "ClientIP")),
            "sessionAffinityConfig needs sessionAffinity: ClientIP",
        ),
    ],
    f"{_API}networking.v1.HTTPIngressPath": [
        refuse(
            every(equals("pathType", "Exact", "Prefix"), {"not": within("path", {"pattern": "^/"})}),
            "a path of type Exact or Prefix begins with '/'",
        ),
        refuse(
            every(
                equals("pathType", "Exact", "Prefix"), within("path", {"pattern": r"//|/\./|/\.\./|%2f|%2F|/\.\.?$"})
            ),
            "a path of type Exact or Prefix has no '//', '.', '..' and '%2F'",
        ),
        refuse(
            every(equals("pathType", "ImplementationSpecific"), within("path", {"pattern": "^[^/]"})),
            "a path begins with '/'",
        ),
    ],
    f"{_API}networking.v1.IngressBackend": [
        require(exactly_one("resource", "service"), "a backend needs either service or resource"),
    ],
    f"{_API}networking.v1.IngressClass": [
        require(within("spec", filled("controller")), "an IngressClass needs spec.controller"),
    ],
    f"{_API}networking.v1.IngressServiceBackend": [
        require(
            {"oneOf": [within("port", filled("name")), within("port", filled("number"))]},
            "the port of a backend needs either name or number",
        ),
    ],
    f"{_API}networking.v1.IngressSpec": [
        refuse(every(lacks("rules"), {"not": has("defaultBackend")}), "an Ingress needs rules or defaultBackend"),
    ],
    f"{_API}networking.v1.NetworkPolicyPeer": [
        refuse(
            every(has("ipBlock"), some(has("namespaceSelector"), has("podSelector"))),
            "ipBlock excludes namespaceSelector and podSelector",
        ),
        require(
            some(has("ipBlock"), has("namespaceSelector"), has("podSelector")),
            "a peer needs ipBlock, namespaceSelector or podSelector",
        ),
    ],
    f"{_API}networking.v1.NetworkPolicyPort": [
        refuse(every(has("endPort"), {"not": within("port", {"type": "integer"})}), "endPort needs a number as port"),
    ],
    f"{_API}policy.v1.PodDisruptionBudgetSpec": [
        refuse(
            every(has("maxUnavailable"), has("minAvailable")), "maxUnavailable and minAvailable exclude each other"
        ),
    ],
    f"{_API}rbac.v1.ClusterRoleBinding": [
        refuse(within("roleRef", {"not": equals("kind", "ClusterRole")}), "roleRef.kind is ClusterRole"),
        refuse(
            within("subjects", {"contains": every(equals("kind", "ServiceAccount"), lacks("namespace"))}),
            "the ServiceAccount in a binding needs a namespace",
        ),
    ],
    f"{_API}rbac.v1.PolicyRule": [
        refuse(
            every(filled("nonResourceURLs"), some(*map(filled, ("apiGroups", "resourceNames", "resources")))),
            "a rule has resources or nonResourceURLs, not both",
        ),
        refuse(
            every(lacks("nonResourceURLs"), some(lacks("apiGroups"), lacks("resources"))),
            "a rule about resources needs apiGroups and resources",
        ),
    ],
    f"{_API}rbac.v1.Role": [
        refuse(within("rules", {"contains": filled("nonResourceURLs")}), "only a ClusterRole has nonResourceURLs"),
    ],
    f"{_API}rbac.v1.RoleBinding": [
        refuse(
            within("roleRef", {"not": equals("kind", "ClusterRole", "Role")}), "roleRef.kind is Role or ClusterRole"
        ),
    ],
    f"{_API}rbac.v1.AggregationRule": [
        require(filled("clusterRoleSelectors"), "an aggregation rule needs a selector"),
    ],
    f"{_API}rbac.v1.Subject": [
        refuse(
            every(equals("kind", "ServiceAccount"), within("name", {"not": DNS_NAME})),
            "the name of a ServiceAccount has lower-case letters, digits, hyphens and dots",
        ),
        refuse(every(equals("kind", "ServiceAccount"), filled("apiGroup")), "a ServiceAccount has an empty apiGroup"),
        refuse(
            every(equals("kind", "Group", "User"), {"not": some(lacks("apiGroup"), equals("apiGroup", _RBAC_GROUP))}),
            f"a User or Group has apiGroup: {_RBAC_GROUP}",
        ),
    ],
}
