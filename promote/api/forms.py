"""The forms of texts and numbers that the API server accepts, and how a schema says that fields conflict.

The forms are those of k8s.io/apimachinery/pkg/util/validation and of its decoder, which rejects numbers that do not
fit 32 bits, invalid base64 and invalid quantities. All of them accept null, which the server treats as absent.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]


def _any_case(names: str) -> list[str]:
    """Patterns for names whose letters may be of either case."""
    return ["".join(f"[{letter}{letter.upper()}]" for letter in name) for name in names.split()]


def _cron_field(value: str) -> str:
    """A list of values, ranges and steps, as robfig/cron reads it."""
    one = rf"([*?]|{value}(-{value})?)(/0*[1-9][0-9]*)?"
    return f"{one}(,{one})*"


_SIGN = r"[\r\n]*[A-Za-z0-9+/]"
_BASE64 = rf"^({_SIGN}{_SIGN}{_SIGN}{_SIGN})*({_SIGN}{_SIGN}([\r\n]*=|{_SIGN})[\r\n]*=)?[\r\n]*$"
_NUMBER = r"([0-9]+\.?[0-9]*|\.[0-9]+)(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?[0-9]+)?"
_AMOUNT = rf"^ *[+-]?{_NUMBER} *$"
_NOT_NEGATIVE = r"^ *([^- ]|-[0.]*([^0-9.]|$)|$)"  # the form itself is asked for elsewhere
_POSITIVE = r"^ *[+]?[0-9.]*[1-9]"
_PORT_NAME = "^([a-z0-9]+-)*[0-9]*[a-z][a-z0-9]*(-[a-z0-9]+)*$"
_LABEL = "^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$"
_WORD = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_DNS_LABEL = f"^{_WORD}$"
DOMAIN = rf"{_WORD}(\.{_WORD})*"
_DNS_NAME = rf"^{DOMAIN}$"
_HOST = rf"^(\*\.)?{DOMAIN}$"
_QUALIFIED = rf"^({DOMAIN}/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$"
_KEY = r"^[-._a-zA-Z0-9]{1,253}$"
_VARIABLE = r"^[ -<>-~]+$"
_PERCENT = r"^[0-9]+%$"
_PERCENT_OF_ALL = r"^0*([0-9]{1,2}|100)%$"
_OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4 = rf"{_OCTET}(\.{_OCTET}){{3}}"
_IP = rf"^({_IPV4}|[0-9a-fA-F]*:[0-9a-fA-F:.]+)$"
_CIDR = rf"^({_IPV4}/([0-9]|[12][0-9]|3[0-2])|[0-9a-fA-F]*:[0-9a-fA-F:.]*/([0-9]|[1-9][0-9]|1[01][0-9]|12[0-8]))$"
_SEGMENT = r"^[^/%]+$"
_RELATIVE = r"^[^/]"
_HEADER = "^[-A-Za-z0-9]+$"
_LABEL_1035 = "^[a-z]([-a-z0-9]*[a-z0-9])?$"
_GROUPED = "^[^/ ]+/[^/ ]+$"
_FINALIZER = rf"^(kubernetes|orphan|foregroundDeletion|{DOMAIN}/[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)$"
_WHOLE = r"^[^.]*(\.0*)?$|[a-zA-Z]$"
_INDEXES = "^[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*$"
_MINUTE, _HOUR, _DAY = "[0-5]?[0-9]", "([01]?[0-9]|2[0-3])", "(0?[1-9]|[12][0-9]|3[01])"
_MONTH = "(0?[1-9]|1[0-2]|" + "|".join(_any_case("jan feb mar apr may jun jul aug sep oct nov dec")) + ")"
_WEEKDAY = "(0?[0-6]|" + "|".join(_any_case("sun mon tue wed thu fri sat")) + ")"
_OBJECTS = "pods|services|replicationcontrollers|resourcequotas|secrets|configmaps|persistentvolumeclaims"
COUNTED = rf"^({_OBJECTS}|services\..*)$"
_QUOTA = (
    rf"^({_OBJECTS}|services\.(loadbalancers|nodeports)|(requests|limits)\.[-a-z.]+|cpu|memory|storage|"
    r"ephemeral-storage|hugepages-.+|[^/]+/.+)$"
)
_RESOURCE = "^(cpu|memory|ephemeral-storage|hugepages-.+|[^/]+/.+)$"
_CRON = (
    "^ *(@(yearly|annually|monthly|weekly|daily|midnight|hourly)|@every .+|"
    + " +".join(_cron_field(value) for value in (_MINUTE, _HOUR, _DAY, _MONTH, _WEEKDAY))
    + ") *$"
)

INT32: Schema = {"minimum": -(2**31), "maximum": 2**31 - 1}
BASE64: Schema = {"pattern": _BASE64}
AMOUNT: Schema = {"pattern": _AMOUNT}
NOT_NEGATIVE: Schema = {"minimum": 0}
POSITIVE: Schema = {"minimum": 1}
# Quantities are numbers or texts.
NO_NEGATIVE_AMOUNT: Schema = {"minimum": 0, "pattern": _NOT_NEGATIVE}
POSITIVE_AMOUNT: Schema = {"exclusiveMinimum": 0, "pattern": _POSITIVE}
ID: Schema = {"minimum": 0, "maximum": 2**31 - 1}
PORT: Schema = {"minimum": 1, "maximum": 65535}
PORT_NAME: Schema = {"maxLength": 15, "pattern": _PORT_NAME}
PORT_OR_NAME: Schema = PORT | PORT_NAME
AMOUNT_OR_PERCENT: Schema = {"minimum": 0, "pattern": _PERCENT}
AMOUNT_OR_SHARE: Schema = {"minimum": 0, "pattern": _PERCENT_OF_ALL}
FILLED: Schema = {"minLength": 1}
SOME: Schema = {"minItems": 1}
LABEL: Schema = {"maxLength": 63, "pattern": _LABEL}
DNS_LABEL: Schema = {"maxLength": 63, "pattern": _DNS_LABEL}
DNS_NAME: Schema = {"maxLength": 253, "pattern": _DNS_NAME}
HOST: Schema = {"maxLength": 253, "pattern": _HOST}
_LONG_NAME: Schema = {"type": "string", "pattern": "[^/]{64,}$"}
QUALIFIED: Schema = {"maxLength": 317, "pattern": _QUALIFIED, "not": _LONG_NAME}
FINALIZER: Schema = {"maxLength": 317, "pattern": _FINALIZER, "not": _LONG_NAME}
LABEL_1035: Schema = {"maxLength": 63, "pattern": _LABEL_1035}
GROUPED: Schema = {"pattern": _GROUPED}
WHOLE_AMOUNT: Schema = {"minimum": 0, "multipleOf": 1, "pattern": _WHOLE}
INDEXES: Schema = {"pattern": _INDEXES}
RESOURCE_NAME: Schema = {"pattern": _RESOURCE}
QUOTA_NAME: Schema = {"pattern": _QUOTA}
CRON: Schema = {"pattern": _CRON, "not": {"type": "string", "pattern": "TZ"}}
KEY: Schema = {"pattern": _KEY, "not": {"type": "string", "pattern": r"^\.$|^\.\."}}
VARIABLE: Schema = {"pattern": _VARIABLE}
IP: Schema = {"pattern": _IP}
CIDR: Schema = {"pattern": _CIDR}
SEGMENT: Schema = {"pattern": _SEGMENT, "not": {"enum": [".", ".."]}}
RELATIVE: Schema = {"pattern": _RELATIVE, "not": {"type": "string", "pattern": r"(^|/)\.\.(/|$)"}}
MODE: Schema = {"minimum": 0, "maximum": 0o777}
HEADER: Schema = {"pattern": _HEADER}


def optional(form: Schema) -> Schema:
    """The form, or an empty text, which the server treats as absent in this field."""
    return {"anyOf": [{"const": ""}, form]}


def each_text(form: Schema) -> Schema:
    """Every item of the list is a text, not null, and has the form."""
    return {"items": {"type": "string"} | form}


def each(form: Schema) -> Schema:
    """A list in which every item has the form."""
    return {"items": form}


def values(form: Schema) -> Schema:
    """A map in which every value has the form."""
    return {"additionalProperties": form}


def has(field: str) -> Schema:
    """The field is there and not null."""
    return {"required": [field], "properties": {field: {"not": {"type": "null"}}}}


def filled(field: str) -> Schema:
    """The field is there and neither null nor empty."""
    return {"required": [field], "properties": {field: {"not": {"enum": [None, "", [], {}, False, 0]}}}}


def lacks(field: str) -> Schema:
    """The field is absent, null or empty."""
    return {"not": filled(field)}


def equals(field: str, *wanted: object) -> Schema:
    """The field has one of these values."""
    return {"required": [field], "properties": {field: {"enum": list(wanted)}}}


def differs(field: str, *usual: object) -> Schema:
    """The field is absent, or has none of these values."""
    return {"not": equals(field, *usual)}


def within(field: str, condition: Schema) -> Schema:
    """The field is there and meets the condition."""
    return {"required": [field], "properties": {field: {"allOf": [{"not": {"type": "null"}}, condition]}}}


def every(*conditions: Schema) -> Schema:
    """All of the conditions."""
    return {"allOf": list(conditions)}


def some(*conditions: Schema) -> Schema:
    """At least one of the conditions."""
    return {"anyOf": list(conditions)}


def exactly_one(*fields: str) -> Schema:
    """One of the fields is there and not null, and no other."""
    return {"oneOf": [has(field) for field in fields]}


# Before the reason in an answer of kubeconform, so that it is recognised.
REASON = "refused: "


def refuse(condition: Schema, reason: str) -> Schema:
    """Nothing that meets the condition is valid. kubeconform answers with the reason, which says what must hold."""
    # The words of a condition are true of everything except objects, also of null, which is absent.
    return {"if": {"type": "object", "allOf": [condition]}, "then": {"const": REASON + reason}}


def require(condition: Schema, reason: str) -> Schema:
    """Only what meets the condition is valid; null is absent, and so always is."""
    return refuse({"not": condition}, reason)


# The message and the fix for a value of the wrong form. The value itself may be secret, so it is not shown.
WORDS: dict[str, tuple[str, str]] = {
    _BASE64: ("this is not base64", "encode the value in base64, or write it as text under `stringData`"),
    _AMOUNT: (
        "this is not a quantity",
        "write a number with a unit or none, such as 500m, 1.5 or 128Mi, without spaces",
    ),
    _NOT_NEGATIVE: ("this quantity is negative or invalid", "write a quantity of 0 or more, such as 500m or 128Mi"),
    _POSITIVE: ("this quantity is not above 0", "write a quantity above 0, such as 500m or 128Mi"),
    _PORT_NAME: (
        "this is not a valid port name",
        "write up to 15 lower-case letters, digits and single hyphens between them, at least one letter",
    ),
    _LABEL: (
        "this is not a valid label value",
        "write letters, digits, '-', '_' and '.', first and last a letter or digit, or make it an annotation",
    ),
    _DNS_LABEL: (
        "this is not a valid name",
        "write lower-case letters, digits and hyphens, first and last a letter or digit",
    ),
    _DNS_NAME: (
        "this is not a valid name",
        "write lower-case letters, digits, hyphens and dots, first and last a letter or digit",
    ),
    _HOST: ("this is not a host name", "write a DNS name in lower case, or one that begins with `*.`"),
    _QUALIFIED: (
        "this is not a qualified name",
        "write letters, digits, '-', '_' and '.', with a domain and a slash before them or without",
    ),
    _KEY: ("this is not a valid key", "write letters, digits, '-', '_' and '.'"),
    _VARIABLE: ("this is not the name of a variable", "write printable characters other than '='"),
    _PERCENT: ("this is neither a number nor a percentage", "write a number without quotes, or one such as 25%"),
    _PERCENT_OF_ALL: (
        "this is neither a number nor a percentage up to 100%",
        "write a number without quotes, or one such as 25%",
    ),
    _IP: ("this is not an IP address", "write an address such as 192.0.2.1 or 2001:db8::1"),
    _CIDR: ("this is not a range of IP addresses", "write a range such as 192.0.2.0/24"),
    _SEGMENT: ("this is not a valid name", "write a name without '/' and '%'"),
    _RELATIVE: ("this is not a relative path", "write a path that does not begin with '/' and has no '..'"),
    _HEADER: ("this is not the name of a header", "write letters, digits and hyphens"),
    _LABEL_1035: (
        "this is not a valid name",
        "write lower-case letters, digits and hyphens, first a letter and last a letter or digit",
    ),
    _GROUPED: ("this names no API group", "write a group and a version, such as apps/v1"),
    _FINALIZER: ("this is not a finalizer", "write a domain, a slash and a name"),
    _WHOLE: ("this is not a whole number", "write a number without a fraction"),
    _INDEXES: ("this is not a list of indexes", "write indexes and ranges, such as 0,2-4"),
    _RESOURCE: (
        "this is not the name of a resource",
        "write cpu, memory, ephemeral-storage, or a name with a domain, such as nvidia.com/gpu",
    ),
    _QUOTA: (
        "this is not the name of what a quota limits",
        "write a name such as pods, requests.cpu, limits.memory or count/jobs.batch",
    ),
    _CRON: (
        "this is not a schedule",
        "write minute, hour, day of the month, month and day of the week, such as 30 2 * * 1-5, or @daily",
    ),
}
