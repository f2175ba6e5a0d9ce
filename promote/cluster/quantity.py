"""Kubernetes' quantities, such as `250m` and `1.5Gi`, as numbers."""

from __future__ import annotations

import re

# https://kubernetes.io/docs/reference/kubernetes-api/definitions/quantity-resource-definition/
_FORM = re.compile(r"([+-]?[0-9.]+)(?:(n|u|m|k|M|G|T|P|E|[KMGTPE]i)|[eE]([+-]?[0-9]+))?")
_BINARY = "KMGTPE"
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}


def number(text: str | float) -> float:
    """The value of a quantity, in its unit: cores, or bytes. Raises ValueError for anything else."""
    found = _FORM.fullmatch(str(text))
    if not found:
        raise ValueError(f"{text!r} is not a quantity")
    digits, suffix, exponent = found.groups()
    if exponent:
        return float(f"{digits}e{exponent}")
    if suffix and suffix.endswith("i"):
        return float(digits) * 1024.0 ** (1 + _BINARY.index(suffix[0]))
    return float(digits) * 10.0 ** _DECIMAL[suffix or ""]


def cores(value: float) -> str:
    """A number of cores, such as `0.25`."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def memory(value: float) -> str:
    """A number of bytes in Mi, or in Gi where it is large."""
    return f"{value / 2**30:.1f}Gi" if value >= 2**30 else f"{value / 2**20:.0f}Mi"
