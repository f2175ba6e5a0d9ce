"""Constraints that the API server enforces on values of any kind. The schemas of Kubernetes only name the format.

Its decoder rejects numbers that do not fit 32 bits, also in fields that allow a name instead
(k8s.io/apimachinery/pkg/util/intstr), invalid base64, and invalid quantities (pkg/api/resource there).
Its validation adds rules for ports and labels: IsValidPortNum, IsValidPortName and IsValidLabelValue in
k8s.io/apimachinery/pkg/util/validation.
"""

from __future__ import annotations

from typing import Any

_SIGN = r"[\r\n]*[A-Za-z0-9+/]"
_BASE64 = rf"^({_SIGN}{_SIGN}{_SIGN}{_SIGN})*({_SIGN}{_SIGN}([\r\n]*=|{_SIGN})[\r\n]*=)?[\r\n]*$"
_AMOUNT = r"^ *[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?[0-9]+)? *$"
_PORT_NAME = "^([a-z0-9]+-)*[0-9]*[a-z][a-z0-9]*(-[a-z0-9]+)*$"
_LABEL = "^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$"
_INT32 = {"minimum": -(2**31), "maximum": 2**31 - 1}
_PORT = {"minimum": 1, "maximum": 65535}

# By the name of a format, the name of a definition, and the name of a definition and of a field in it.
FORMATS: dict[str, dict[str, Any]] = {"int32": _INT32, "byte": {"pattern": _BASE64}}
DEFINITIONS: dict[str, dict[str, Any]] = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": {"pattern": _AMOUNT},
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": _INT32,
}
FIELDS: dict[str, dict[str, dict[str, Any]]] = {
    "io.k8s.api.core.v1.ContainerPort": {
        "containerPort": _PORT,
        "name": {"maxLength": 15, "pattern": _PORT_NAME},
    },
    "io.k8s.api.core.v1.ServicePort": {"port": _PORT},
    "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta": {
        "labels": {
            "additionalProperties": {"type": ["string", "null"], "maxLength": 63, "pattern": _LABEL},
        }
    },
}

# Other constraints make other schemas.
KEY = repr((FORMATS, DEFINITIONS, FIELDS))

# The message and the fix for a value of the wrong form. The value itself may be secret, so it is not shown.
WORDS: dict[str, tuple[str, str]] = {
    _BASE64: ("this is not base64", "encode the value in base64, or write it as text under `stringData`"),
    _AMOUNT: (
        "this is not a quantity",
        "write a number with a unit or none, such as 500m, 1.5 or 128Mi, without spaces",
    ),
    _PORT_NAME: (
        "this is not a valid port name",
        "write up to 15 lower-case letters, digits and single hyphens between them, at least one letter",
    ),
    _LABEL: (
        "this is not a valid label value",
        "write letters, digits, '-', '_' and '.', first and last a letter or digit, or make it an annotation",
    ),
}
