"""What kubeconform answered, as findings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from promote.api import forms
from promote.checks.findings import Finding
from promote.model import Document, Identity
from promote.yamltext import places

MISSING_ID = "schema.missing"
MISSING_SCHEMA = (
    "correct apiVersion and kind; for a custom resource commit its CustomResourceDefinition, or put its schema at "
    "<group>/<kind>_<version>.json in a folder that `schemas:` in promote.yaml names"
)
_OF_SOPS = "sops"  # the key at the top with what SOPS needs to decrypt the rest
_FAULT = re.compile(r"- at '((?:[^'\\]|\\.)*)': (.*?)(?=\s- at '|$)", re.DOTALL)
_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'")
_UNKNOWN = re.compile(r"^additional property '(.*)'$")
_WITHOUT_FORM = re.compile(rf"^{_QUOTED.pattern} does not match pattern ({_QUOTED.pattern})$", re.DOTALL)
_REFUSED = re.compile(rf"^value must be '{re.escape(forms.REASON)}(.*)'$", re.DOTALL)
# A branch of the tree has no reason of its own, and an empty text is never what is asked for.
_NO_REASON = re.compile(
    r"validation failed|'?(allOf|anyOf)'? failed|'?oneOf'? failed, none matched|value must be ''|"
    r"'?propertyNames'? failed|invalid propertyName .*"
)
_NOTHING = re.compile(r", (<nil>|'')(?=, |$)|(?<=one of )(<nil>|''), ")


def from_kubeconform(
    resources: Iterable[Mapping[str, Any]], target: str, known: Iterable[Document], needs_schemas: bool = True
) -> tuple[int, list[Finding]]:
    """How many of the `known` documents kubeconform's answer says it has validated, and what it found.

    A kind without a schema is a denial if it `needs_schemas`, and a warning otherwise.
    """
    waiting: dict[tuple[str, str, str], list[tuple[Document, int | None]]] = {}
    for document, position in _numbered(list(known)):
        waiting.setdefault(_as_kubeconform_says(document), []).append((document, position))
    validated = 0
    findings: list[Finding] = []
    for resource in resources:
        key = (resource["version"], resource["kind"], resource["name"])
        # It does not say the namespace, but answers in the order of the documents.
        same = waiting.get(key)
        validated += bool(same) and resource["status"] in ("statusValid", "statusInvalid")
        document, position = same.pop(0) if same else (Document(Identity(key[0], key[1], "", key[2]), {}), None)
        if resource["status"] != "statusValid":
            found = _schema_findings(resource, target, document.identity)
            seen = (one for one in found if not is_encrypted(document.content, one.path))
            findings.extend(replace(one, position=position) for one in seen)
    if not needs_schemas:
        findings = [replace(one, level="warn") if one.rule == MISSING_ID else one for one in findings]
    return validated, findings


def is_encrypted(content: Mapping[str, Any], path: str) -> bool:
    """Whether the value at the JSON pointer `path` is not there, or is another one, once SOPS has decrypted it.

    Who applies such an object decrypts it first, so what is encrypted cannot be judged.
    """
    added = content.get(_OF_SOPS)
    if not isinstance(added, Mapping) or not isinstance(added.get("mac"), str):
        return False
    steps = places.parts(path)
    value = places.value_at(content, steps)
    return steps[:1] == [_OF_SOPS] or (isinstance(value, str) and value.startswith("ENC["))


def without_schema(findings: Iterable[Finding]) -> int:
    """The number of documents without a schema, each of which has a finding of its own."""
    return sum(one.rule == MISSING_ID for one in findings)


def _numbered(known: Sequence[Document]) -> Iterator[tuple[Document, int | None]]:
    """The documents, each with its position among those of its identity where there are several."""
    total = Counter(document.identity for document in known)
    passed: Counter[Identity] = Counter()
    for document in known:
        who = document.identity
        yield document, passed[who] if total[who] > 1 else None
        passed[who] += 1


def _as_kubeconform_says(document: Document) -> tuple[str, str, str]:
    who = document.identity
    metadata = document.content.get("metadata")
    prefix = metadata.get("generateName") if isinstance(metadata, Mapping) and not who.name else None
    return who.api_version, who.kind, f"{prefix}{{{{ generateName }}}}" if prefix else who.name


def _schema_findings(resource: Mapping[str, Any], target: str, who: Identity) -> list[Finding]:
    if resource["status"] == "statusInvalid":
        faults = _faults(resource["msg"])
        return [
            _schema_finding(who, target, path, *worded) for path, fault in faults for worded in _worded(path, fault)
        ]
    if "could not find schema" in resource["msg"]:
        message = f"{who}: there is no schema for {who.api_version} {who.kind}"
        return [Finding(MISSING_ID, "deny", target, who, message, MISSING_SCHEMA, path="/kind")]
    message = f"{who}: it could not be validated: {resource['msg']}"
    return [Finding("schema.unreadable", "deny", target, who, message, "make it a valid manifest")]


def _schema_finding(who: Identity, target: str, path: str, fault: str, fix: str) -> Finding:
    # Imported here: most documents have no unknown field.
    from jsonpointer import escape

    if unknown := _UNKNOWN.search(fault):
        field = escape(unknown[1])
        message = f"{who}: at {path or '/'}: the field '{unknown[1]}' is unknown"
        fix = "remove the unknown field, or correct its name or its place"
        return Finding("schema.invalid", "deny", target, who, message, fix, path=f"{path}/{field}")
    return Finding("schema.invalid", "deny", target, who, f"{who}: at {path or '/'}: {fault}", fix, path=path)


def _worded(path: str, faults: Sequence[str]) -> list[tuple[str, str]]:
    """What is wrong at `path` and how to fix it: each refusal by itself, and the alternatives of a value as one."""
    refused = [_unquoted(found[1]) for fault in faults if (found := _REFUSED.search(fault))]
    others = [fault for fault in faults if not _REFUSED.search(fault)]
    for fault in others:
        if (form := _WITHOUT_FORM.search(fault)) and (words := forms.WORDS.get(_unquoted(form[1][1:-1]))):
            return [words]
    said = " or ".join(_NOTHING.sub("", fault) for fault in others).replace(
        "'not' failed", "this value is not allowed"
    )
    fix = f"give {path or 'the object'} the type and value that the schema asks for"
    return [
        *((reason, f"change the fields, because {reason}") for reason in refused),
        *([(said, fix)] if others else []),
    ]


def _faults(message: str) -> list[tuple[str, list[str]]]:
    """Where and what, for every leaf of the tree of faults that kubeconform writes as one line.

    Its list `validationErrors` has the root of that tree only, "validation failed", where there are several.
    """
    found: dict[tuple[str, str], list[str]] = {}
    for quoted, text in _FAULT.findall(message):
        path, fault = _unquoted(quoted), text.strip()
        if fault.startswith("additional properties "):
            for name in _QUOTED.findall(fault):
                found[path, name] = [f"additional property {_unquoted(name)}"]
        elif not _NO_REASON.fullmatch(fault):
            found.setdefault((path, ""), []).append(fault)
    return [(path, faults) for (path, _), faults in found.items()] or [("", [message])]


def _unquoted(text: str) -> str:
    return text.replace("\\'", "'").replace("\\\\", "\\")


def across_versions(found: Mapping[str, Iterable[Finding]]) -> list[Finding]:
    """The findings by Kubernetes version as one list, each naming the versions that say so."""
    versions: dict[Finding, list[str]] = {}
    for version, findings in found.items():
        for finding in findings:
            versions.setdefault(finding, []).append(version)
    return [
        replace(finding, message=f"{finding.message} (Kubernetes {', '.join(dict.fromkeys(names))})")
        for finding, names in versions.items()
    ]
